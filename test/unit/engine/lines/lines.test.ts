import { describe, expect, it } from 'vitest';
import {
  NgramMatcher,
  scoreLines,
  candidateLines,
  type CandidatesOptions,
  type LineCandidate,
} from '../../../../src/engine';
import { LineChoices } from '../../../../src/engine/lines/choices';
import { fileEngine } from '../../../support/tinyModel';
import { someIds } from '../model';

const engine = await fileEngine();
const { tokenizer, config } = engine;
const start = await engine.decoder(engine.initialState(), someIds(engine, 40));

const nothing = new Uint8Array(0);
const run = (options: Partial<CandidatesOptions> = {}) =>
  candidateLines(start.fork(), {
    tokenizer,
    heldBack: nothing,
    matcher: undefined,
    maxTokens: 30,
    count: 6,
    ...options,
  });
const textOf = ({ bytes }: LineCandidate) => Buffer.from(bytes).toString('latin1');

/** Logits that are high for some tokens only. */
function logitsOf(values: Readonly<Record<number, number>>): Float32Array {
  const logits = new Float32Array(config.vocabSize).fill(-50);
  for (const [id, value] of Object.entries(values)) logits[Number(id)] = value;
  return logits;
}

const one = (text: string): number => {
  const ids = tokenizer.encode(Buffer.from(text));
  expect(ids).toHaveLength(1);
  return ids[0]!;
};

describe('LineChoices', () => {
  const choices = new LineChoices(tokenizer);

  it('takes all ends of a line for one', () => {
    const [a, b, lineEnd, eof] = [one('a'), one('b'), one('\n'), tokenizer.special('eof')];
    const [first, second, third] = choices.among(logitsOf({ [a]: 1.2, [lineEnd]: 1, [eof]: 1, [b]: 0 }), nothing);
    const total = Math.exp(1.2) + 2 * Math.exp(1) + 1;
    expect(first).toEqual({ id: undefined, logProb: expect.closeTo(Math.log((2 * Math.exp(1)) / total), 5) });
    expect(second).toEqual({ id: a, logProb: expect.closeTo(1.2 - Math.log(total), 5) });
    expect(third!.id).toBe(b);
  });

  it('ends no line before the beginning is written, and writes nothing that does not fit', () => {
    const [a, b, lineEnd] = [one('a'), one('b'), one('\n')];
    const list = choices.among(logitsOf({ [a]: 1, [lineEnd]: 3, [b]: 2 }), Buffer.from('a'));
    expect(list[0]).toEqual({ id: a, logProb: expect.closeTo(0, 5) });
    const atLineEnd = choices.among(logitsOf({ [a]: 1, [lineEnd]: 0 }), Buffer.from('\n'));
    expect(atLineEnd[0]!.id).toBe(lineEnd);
  });

  it('ends no line where it must go on, and writes no line end behind what was held back', () => {
    const [a, lineEnd, eof] = [one('a'), one('\n'), tokenizer.special('eof')];
    const list = choices.among(logitsOf({ [a]: 1, [lineEnd]: 9, [eof]: 9 }), nothing, false);
    expect(list).toEqual([{ id: a, logProb: expect.closeTo(0, 5) }]);
    const [twice, indented] = [one('\n\n'), one('\n  ')];
    const logits = logitsOf({ [lineEnd]: 1, [twice]: 9, [indented]: 2 });
    expect(choices.among(logits, Buffer.from('\n')).map(({ id }) => id)[0]).toBe(twice);
    expect(choices.among(logits, Buffer.from('\n'), false).map(({ id }) => id)).toEqual([indented, lineEnd]);
  });

  it('has a choice where nothing is likely', () => {
    const a = one('a');
    const logits = new Float32Array(config.vocabSize);
    logits[a] = 0.5;
    for (let id = 0; id < config.vocabSize; id++) {
      if (tokenizer.specialName(id) !== undefined || /[\r\n]/.test(Buffer.from(tokenizer.tokenBytes(id)).toString()))
        logits[id] = -9;
    }
    expect(choices.among(logits, nothing).map(({ id }) => id)).toEqual([a]);
  });

  it('never chooses what training did not use', () => {
    const list = choices.among(logitsOf({ [tokenizer.special('pad')]: 9, [one('a')]: 0 }), nothing);
    expect(list[0]).toEqual({ id: one('a'), logProb: expect.closeTo(0, 5) });
  });
});

describe('candidateLines', () => {
  it('gives different lines without their ends, and leaves the decoder where it is', async () => {
    const decoder = start.fork();
    const logits = decoder.logits.slice();
    const options = { tokenizer, heldBack: nothing, matcher: undefined, maxTokens: 60, count: 6 };
    const lines = await candidateLines(decoder, options);
    expect(new Set(lines.map(textOf)).size).toBe(lines.length);
    for (const line of lines) {
      expect(textOf(line)).not.toMatch(/[\r\n]|[ \t]$/);
      expect(line.logProb).toBeLessThan(0);
    }
    expect(decoder.logits).toEqual(logits);
    expect(decoder.position).toBe(start.position);
    expect((await candidateLines(decoder, options)).map(textOf)).toEqual(lines.map(textOf));
  });

  it('gives lines as likely as their tokens and their end are', async () => {
    const lines = await written('alpha = beta\nalpha = gamma\nalpha = beta\nalpha', { maxTokens: 12, count: 8 });
    expect(lines.length).toBeGreaterThan(1);
    const total = lines.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(1 + 1e-6);
  });

  it('finds lines that begin worse than the greedy one', async () => {
    const lines = await written('alpha = beta\nalpha = gamma\nalpha = beta\nalpha', { maxTokens: 12, count: 8 });
    expect(lines.map(textOf)).toEqual(expect.arrayContaining([' = beta', ' = gamma']));
    // It followed a longer match.
    expect(textOf(lines[0]!)).toBe(' = gamma');
  });

  it('continues from a half-typed token', async () => {
    const text = 'alpha = beta\nalpha = gamma\nalpha = beta\nalpha =';
    const lines = await written(text, { maxTokens: 12, count: 8, heldBack: Buffer.from(' g') });
    expect(textOf(lines[0]!)).toBe('amma');
  });

  it('gives half a line alone, when there are no more tokens', async () => {
    const lines = await written('alpha = beta\nalpha = gamma\nalpha = beta\nalpha', { maxTokens: 1, count: 8 });
    expect(lines).toMatchObject([{ tokens: 1, isWhole: false }]);
  });

  it('begins no other line when it is late, and writes the first one to its end however late it is', async () => {
    const text = 'alpha = beta\nalpha = gamma\nalpha';
    expect((await written(text)).length).toBeGreaterThan(1);
    for (const late of [{ latestStart: 0 }, { deadline: 0 }]) {
      expect(await written(text, late)).toMatchObject([{ isWhole: true }]);
    }
  });

  it('stops between tokens when aborted', async () => {
    const controller = new AbortController();
    const running = run({ signal: controller.signal, maxTokens: 1000 });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  /** What is written after a text with matches weighted so much that the random model does not matter. */
  async function written(text: string, options: Partial<CandidatesOptions> = {}): Promise<LineCandidate[]> {
    const ids = tokenizer.encode(Buffer.from(text));
    const weights = { longest: 30, longestShare: 1, shorter: 29, shorterShare: 1 };
    const lengths = [{ upTo: 32, ...weights }];
    const matcher = new NgramMatcher(engine.index(ids), { scale: 0.1, certain: 0, occurs: 0, lengths });
    const decoder = await engine.decoder(engine.initialState(), ids);
    return candidateLines(decoder, { tokenizer, heldBack: nothing, matcher, maxTokens: 30, count: 6, ...options });
  }
});

describe('rescored', () => {
  const line = (text: string, logProb: number, suffixLogProbs: number[]): LineCandidate => ({
    bytes: Buffer.from(text),
    tokens: 1,
    logProb,
    isWhole: true,
    decoder: {
      predict: (ids: Uint32Array) => Promise.resolve(Float64Array.from(suffixLogProbs.slice(0, ids.length))),
    } as never,
    matcher: undefined,
  });
  const lines = [line('likelier', -1, [-2, -9]), line('fitting', -2, [-1, -1])];
  const suffix = Uint32Array.of(5, 6, 7);

  it('lets what stands after the cursor decide as far as it counts', async () => {
    const texts = async (weight: number, suffixTokens: number) =>
      (await scoreLines(lines, suffix, { own: 1, suffix: weight, suffixTokens })).map(textOf);
    expect(await texts(0, 2)).toEqual(['likelier', 'fitting']);
    expect(await texts(0.5, 2)).toEqual(['fitting', 'likelier']);
    expect(await texts(0.5, 1)).toEqual(['likelier', 'fitting']);
  });

  it('gives shares that are together one', async () => {
    const [first, second] = await scoreLines(lines, suffix, { own: 1, suffix: 1, suffixTokens: 2 });
    expect(first!.share).toBeCloseTo(1 / (1 + Math.exp(-8)), 10);
    expect(first!.share + second!.share).toBeCloseTo(1, 10);
  });

  it('knows nothing of a text that ends', async () => {
    const list = await scoreLines(lines, new Uint32Array(0), { own: 1, suffix: 1, suffixTokens: 2 });
    expect(list.map(textOf)).toEqual(['likelier', 'fitting']);
  });
});

describe('predict', () => {
  it('says of each token what going on to it would have said, over the border of a block', async () => {
    const tail = someIds(engine, config.blockSize - 5);
    const ids = someIds(engine, 12, 7);
    const decoder = await engine.decoder(engine.initialState(), tail);
    const predicted = await decoder.predict(ids);
    expect(decoder.position).toBe(tail.length);
    const ahead = decoder.fork();
    for (const [t, id] of ids.entries()) {
      const norm = Math.log(ahead.logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expect(predicted[t]).toBeCloseTo(ahead.logits[id]! - norm, 3);
      await ahead.append(Uint32Array.of(id));
    }
    expect(await decoder.predict(new Uint32Array(0))).toHaveLength(0);
  });
});
