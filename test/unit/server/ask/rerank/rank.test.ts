import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { askIndex, defaultWeights, SpanIndex, type AskWeights, type Reranker } from '../../../../../src/server/ask';
import { Question } from '../../../../../src/server/ask/question';
import { addNumbers } from '../../../../../src/server/ask/rerank';
import { rank, type Candidate, type RankOptions } from '../../../../../src/server/ask/signals';

/** Says how well places fit, by what `numberOf` makes of their code. */
const saying = (numberOf: (code: string, at: number) => number): Pick<Reranker, 'score'> & { score: unknown } => ({
  score: vi.fn((_: string, codes: readonly string[]) => Promise.resolve(Float32Array.from(codes, numberOf))),
});

const verbs = ['opens', 'closes', 'reads', 'writes', 'finds', 'drops', 'counts', 'moves', 'sorts', 'merges'];

async function index(): Promise<SpanIndex> {
  const made = new SpanIndex();
  for (const [i, verb] of verbs.entries()) {
    const text = `/** It ${verb} the store. */\nfunction ${verb}(store) {\n  return store.${verb}(${i});\n}\n`;
    await made.set(`${i}.ts`, `${i}.ts`, Buffer.from(text));
  }
  return made;
}

const description = new Question('reads and sorts the store of this folder');
const keys = (candidates: readonly Candidate[]): string[] => candidates.map(({ file }) => file.key);

async function ranked(options: RankOptions = {}, question = description): Promise<Candidate[]> {
  const made = await index();
  return (await rank(made, made.list(), question, options)).candidates;
}

describe('looking again at the first places', () => {
  it('keeps the candidates, leaves those behind alone, and moves the others around their mean', async () => {
    const made = await index();
    const plain = (await rank(made, made.list(), description)).candidates;
    expect(plain).toHaveLength(verbs.length);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 16 }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 16, maxLength: 16 }),
        async (places, weight, numbers) => {
          const reranker = saying((_, at) => numbers[at]!);
          const options = { reranker, reranking: { places, weight } };
          const { candidates } = await rank(made, made.list(), description, options);
          expect(keys(candidates).toSorted()).toEqual(keys(plain).toSorted());
          expect(candidates.map(({ score }) => score)).toEqual(
            candidates.map(({ score }) => score).toSorted((a, b) => b - a),
          );
          const scores = new Map(candidates.map(({ file, score }) => [file.key, score]));
          for (const { file, score } of plain.slice(places)) expect(scores.get(file.key)).toBe(score);
          const looked = plain.slice(0, places);
          const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
          const before = sum(looked.map(({ score }) => score));
          expect(sum(looked.map(({ file }) => scores.get(file.key)!))).toBeCloseTo(before, 6);
          // What is nearer to the question than another gains on it, by the weight.
          for (const [i, one] of looked.entries()) {
            const gain = (at: Candidate): number => scores.get(at.file.key)! - at.score;
            const expected = looked.length < 2 ? 0 : weight * (numbers[i]! - numbers[0]!);
            expect(gain(one) - gain(looked[0]!)).toBeCloseTo(expected, 6);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the reranker the question and the code of each place, without the documentation before it', async () => {
    const reranker = saying((code) => (code.includes('sorts') ? 1 : 0));
    const candidates = await ranked({ reranker, reranking: { places: 3, weight: 50 } });
    const plain = await ranked();
    const [[question, codes]] = (reranker.score as ReturnType<typeof vi.fn>).mock.calls as [[string, string[]]];
    expect(question).toBe(description.text);
    expect(codes).toEqual(
      plain
        .slice(0, 3)
        .map(
          ({ span }) => `function ${span.name}(store) {\n  return store.${span.name}(${verbs.indexOf(span.name!)});\n}`,
        ),
    );
    expect(candidates[0]!.span.name).toBe('sorts');
  });

  it('does not ask it where it is not wanted', async () => {
    const reranker = saying(() => 1);
    const reranking = { places: 4, weight: 1 };
    const named = new Question('What is MAX_RETRIES?');
    expect(named.describes).toBe(false);
    expect(await ranked({ reranker, reranking }, named)).toEqual(await ranked({}, named));
    expect(await ranked({ reranker })).toEqual(await ranked());
    expect(await ranked({ reranking })).toEqual(await ranked());
    expect(await ranked({ reranker, reranking: { places: 1, weight: 1 } })).toEqual(await ranked());
    expect(await ranked({ reranker, reranking: { places: 4, weight: 0 } })).toEqual(await ranked());
    const one = new SpanIndex();
    await one.set('a.ts', 'a.ts', Buffer.from('function reads(store) {\n  return store;\n}\n'));
    expect((await rank(one, one.list(), description, { reranker, reranking })).candidates).toHaveLength(1);
    expect(reranker.score).not.toHaveBeenCalled();
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const reranker: Pick<Reranker, 'score'> = {
      score: (_, codes, signal) => {
        controller.abort(reason);
        signal?.throwIfAborted();
        return Promise.resolve(new Float32Array(codes.length));
      },
    };
    const options = { reranker, reranking: { places: 4, weight: 1 }, signal: controller.signal };
    await expect(ranked(options)).rejects.toBe(reason);
  });

  it('leaves out what was changed or deleted meanwhile, and keeps what was only read again', async () => {
    const made = await index();
    const plain = (await rank(made, made.list(), description)).candidates;
    const [deleted, changed, again] = keys(plain) as [string, string, string];
    const reranker: Pick<Reranker, 'score'> = {
      score: async (_, codes) => {
        made.delete(deleted);
        await made.set(changed, changed, Buffer.from('const nothing = 1;\n'));
        const lines = made.text(again);
        const text = Array.from({ length: lines.lineCount }, (_line, i) => lines.lineText(i)).join('\n');
        await made.set(again, again, Buffer.from(text));
        return new Float32Array(codes.length);
      },
    };
    const options = { reranker, reranking: { places: 4, weight: 1 } };
    const { candidates } = await rank(made, made.list(), description, options);
    expect(keys(candidates)).toEqual(keys(plain.slice(2)));
  });

  it('is a part of asking where the weights have a place for it; nothing is opened otherwise', async () => {
    const made = await index();
    const confidence = { ...defaultWeights.confidence, bias: 99 };
    const without: AskWeights = { ...defaultWeights, confidence };
    const weights: AskWeights = { ...without, reranking: { places: 8, weight: 50 } };
    const reranker = vi.fn(() =>
      Promise.resolve(saying((code) => (code.includes('counts') ? 1 : 0)) as unknown as Reranker),
    );
    const first = async (question: string, used: AskWeights): Promise<string | undefined> => {
      const options = { weights: used, reranker, maxCitations: 1 };
      return (await askIndex(made, made.list(), question, undefined, options)).citations[0]?.symbol;
    };
    const question = 'opens, closes and counts the store of this folder';
    expect(await first(question, without)).not.toBe('counts');
    expect(await first('Where is moves defined?', weights)).toBe('moves');
    expect(reranker).not.toHaveBeenCalled();
    expect(await first(question, weights)).toBe('counts');
    expect(reranker).toHaveBeenCalledTimes(1);
    reranker.mockResolvedValueOnce(undefined as unknown as Reranker);
    expect(await first(question, weights)).toBe(await first(question, without));
  });
});

describe('addNumbers', () => {
  it('changes nothing where all numbers are the same', () => {
    const places = [{ score: 3 }, { score: 1 }];
    addNumbers(places, Float32Array.of(7, 7), 2);
    expect(places).toEqual([{ score: 3 }, { score: 1 }]);
  });
});
