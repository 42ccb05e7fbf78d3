import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/engine/random';
import type { Reranking } from '../../../src/server/ask/rerank';
import { Question } from '../../../src/server/ask/question';
import { SIGNALS, type Candidate, type Signal } from '../../../src/server/ask/signals';
import { defaultWeights, SpanIndex } from '../../../src/server/ask';
import { samplesOf, type Sample } from '../../bench/ask/fit';
import { unitsOf, type Haystack } from '../../bench/ask/needles';
import { rankersFor } from '../../bench/ask/run';
import type { Tools } from '../../bench/ask/tools';
import { fitReranking, look, lookedAgain, type Looked } from '../../bench/ask/fitReranking';

const random = seededRandom(2);
const description = new Question('returns the name of the first entry');
const noSignals = Object.fromEntries(SIGNALS.map((name) => [name, 0])) as Record<Signal, number>;

/** Questions whose right candidate is somewhere among the first `among` of twelve, whose scores lie close together. */
function samples(count: number, among: number, question = description): Sample[] {
  return Array.from({ length: count }, (_, number) => {
    const candidates = Array.from(
      { length: 12 },
      (_place, i) => ({ signals: noSignals, score: 2 - 0.1 * i }) as unknown as Candidate,
    );
    const at = Math.floor(random() * among);
    return {
      kind: number % 2 === 0 ? 'needles' : 'pairs',
      question,
      ranked: { candidates, known: 1 },
      right: candidates.map((_place, i) => i === at),
      codeOf: (candidate) => (candidates.indexOf(candidate) === at ? 'right' : 'wrong'),
    };
  });
}

/** Knows the right code in so many of a hundred cases; else it says nothing. */
const knowing = (
  percent: number,
): { score: ReturnType<typeof vi.fn<(q: string, c: readonly string[]) => Promise<Float32Array>>> } => ({
  score: vi.fn((_: string, codes: readonly string[]) => {
    const knows = 100 * random() < percent;
    return Promise.resolve(Float32Array.from(codes, (code) => (knows && code === 'right' ? 1 : 0)));
  }),
});

describe('fitReranking', () => {
  it('takes as few places as the right one stands in, and what lifts it to the first', async () => {
    const made = samples(80, 4);
    const looked = await look(made, knowing(100));
    const { reranking, before, after, questions, kinds } = fitReranking(looked);
    expect(questions).toBe(80);
    expect(reranking!.places).toBe(4);
    expect(after).toBe(1);
    expect(before).toBeLessThan(0.8);
    expect(Object.keys(kinds)).toEqual(['needles', 'pairs']);
    expect(kinds['needles']![1]).toBe(1);

    const again = lookedAgain(made, looked, reranking!);
    expect(again.every(({ right }) => right[0])).toBe(true);
    for (const [i, { ranked }] of again.entries()) {
      const scores = ranked.candidates.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      const sum = scores.reduce((total, score) => total + score, 0);
      expect(sum).toBeCloseTo(made[i]!.ranked.candidates.reduce((total, { score }) => total + score, 0));
    }
    // What was there before stays as it was.
    expect(made[0]!.ranked.candidates[0]!.score).toBe(2);
  });

  it('is nothing where the reranker knows nothing', async () => {
    const fitted = fitReranking(await look(samples(40, 8), knowing(0)));
    expect(fitted.reranking).toBeUndefined();
    expect(fitted.after).toBe(fitted.before);
  });

  it('asks about the first eight places of descriptions, and about nothing else', async () => {
    const reranker = knowing(100);
    const named = samples(3, 8, new Question('What is MAX_RETRIES?'));
    const described = samples(2, 8);
    const looked = await look([...named, ...described], reranker);
    expect(looked.map(({ sample }) => sample)).toEqual(described);
    expect(reranker.score.mock.calls.map(([, codes]) => codes.length)).toEqual([8, 8]);
    const again = lookedAgain([...named, ...described], looked, { places: 8, weight: 1 });
    expect(again.slice(0, 3)).toEqual(named);
    expect(again[0]).toBe(named[0]);
  });
});

/** Four functions, one of which is meant by a description. */
async function haystack(): Promise<Haystack> {
  const index = new SpanIndex();
  for (const verb of ['opens', 'closes', 'reads', 'sorts']) {
    const text = `/** It ${verb} the entry. */\nfunction ${verb}(entry) {\n  return entry.${verb}();\n}\n`;
    await index.set(`${verb}.ts`, `${verb}.ts`, Buffer.from(text));
  }
  const files = index.list();
  const { units, unitOf } = unitsOf(index, files);
  const right = new Set([unitOf(files[3]!, 0)]);
  return { index, files, units, unitOf, needles: [{ question: 'opens, closes, reads and sorts the entry', right }] };
}

/** What a bench needs of its tools for a model without an embedding. */
function toolsWith(reranking: Reranking | undefined): { tools: Tools; score: ReturnType<typeof knowing>['score'] } {
  const score = vi.fn((_: string, codes: readonly string[]) =>
    Promise.resolve(Float32Array.from(codes, (code) => Number(code.startsWith('function sorts')))),
  );
  const tools = {
    asking: { weights: { ...defaultWeights, reranking } },
    reranker: { score },
    scorers: () => ({ scorer: undefined, stream: undefined }),
  };
  return { tools: tools as unknown as Tools, score };
}

describe('the bench', () => {
  it('fits on the order without the reranker, and gives it the code of each place', async () => {
    const { tools, score } = toolsWith({ places: 4, weight: 100 });
    const made = await samplesOf(tools, 'needles', await haystack());
    expect(score).not.toHaveBeenCalled();
    const [{ sample, numbers }] = (await look(made, tools.reranker!)) as [Looked];
    expect([...numbers].map((number) => number === 1)).toEqual(sample.right);
    expect(fitReranking([{ sample, numbers }]).after).toBe(1);
  });

  it('ranks with the reranker in what it calls ours, and never in what ours is compared with', async () => {
    const hay = await haystack();
    const [{ question, right }] = hay.needles as [Haystack['needles'][0]];
    const { tools, score } = toolsWith({ places: 4, weight: 100 });
    const arms: Record<string, [isFirst: boolean, asked: number]> = {};
    for (const { name, rank } of await rankersFor(tools, hay, undefined)) {
      score.mockClear();
      const [first] = await rank(question);
      arms[name] = [right.has(first!), score.mock.calls.length];
    }
    expect(arms).toMatchObject({
      grep: [false, 0],
      BM25: [false, 0],
      ours: [true, 1],
      'ours without reranking': [false, 0],
      'ours without words': [true, 1],
    });
    const none = await rankersFor(toolsWith(undefined).tools, hay, undefined);
    expect(none.map(({ name }) => name)).not.toContain('ours without reranking');
  });
});
