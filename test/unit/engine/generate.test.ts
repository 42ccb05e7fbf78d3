import { describe, expect, it } from 'vitest';
import { collect, generate, NgramMatcher, type GenerateOptions } from '../../../src/engine';
import { fileEngine } from '../../support/tinyModel';
import { someIds } from './model';

const engine = await fileEngine();
const start = await engine.decoder(engine.initialState(), someIds(engine, 40));

const run = (options: Partial<GenerateOptions>, from = start) =>
  collect(generate(from.fork(), { tokenizer: engine.tokenizer, maxTokens: 25, ...options }));

describe('generate', () => {
  it('is greedy: each token is the best of its logits', async () => {
    const { ids, end, bytes, logProb } = await run({});
    expect(end.reason).toMatch(/length|special/);
    const decoder = start.fork();
    let sum = 0;
    for (const id of ids) {
      const best = decoder.logits.indexOf(Math.max(...decoder.logits));
      expect(id).toBe(best);
      sum += decoder.logits[id]! - Math.log(decoder.logits.reduce((total, x) => total + Math.exp(x), 0));
      await decoder.append(Uint32Array.of(id));
    }
    expect(logProb).toBeCloseTo(sum, 3);
    expect(Buffer.from(bytes)).toEqual(Buffer.from(engine.tokenizer.decode(ids)));
  });

  it.each(['line', 'block', 'dedent'] as const)(
    'stops by itself with %s, and gives a prefix of the free text',
    async (stop) => {
      for (const id of someIds(engine, 8)) {
        const from = start.fork();
        await from.append(Uint32Array.of(id));
        const free = await run({ maxTokens: 40 }, from);
        const { bytes, end, ids } = await run({ maxTokens: 40, stop, line: { indent: 2, isBlank: false } }, from);
        expect(Buffer.from(free.bytes).subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
        expect(free.ids.slice(0, ids.length)).toEqual(ids);
        if (stop === 'line') expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/[\r\n]/);
        if (end.reason === 'stop') expect(bytes.length).toBeLessThan(Math.max(1, free.bytes.length));
      }
    },
  );

  it('writes no empty line where it must write, also behind a line end that was held back', async () => {
    const { tokenizer } = engine;
    const [lineEnd] = tokenizer.encode(Buffer.from('\n'));
    for (const heldBack of [new Uint8Array(0), Buffer.from('\n')]) {
      const blank = async (mustWrite: boolean): Promise<number> => {
        let count = 0;
        for (let length = 1; length <= 40; length++) {
          const decoder = await engine.decoder(engine.initialState(), someIds(engine, length));
          // Nothing is banned but what stands for text, as far as it goes: the random model hardly ends a line by itself.
          const banned = Array.from({ length: 400 }, (_, i) => 20 + i).filter(
            (id) => id !== lineEnd && id % 7 !== length % 7,
          );
          const options = { tokenizer, stop: 'line', heldBack, mustWrite, banned, maxTokens: 6 } as const;
          const { bytes, end } = await collect(generate(decoder, options));
          if (end.reason !== 'length' && Buffer.from(bytes).toString().trim() === '') count++;
        }
        return count;
      };
      expect(await blank(false)).toBeGreaterThan(0);
      expect(await blank(true)).toBe(0);
    }
  });

  it('writes on what stands elsewhere in the document when that counts enough, from a half-typed token on', async () => {
    const { tokenizer } = engine;
    const text = Uint32Array.of(...tokenizer.encode(Buffer.from('alpha beta gamma delta\nalpha')));
    const weights = { longest: 500, longestShare: 0, shorter: 0, shorterShare: 0 };
    const matcher = new NgramMatcher(engine.index(text), {
      scale: 1,
      certain: 0,
      occurs: 0,
      lengths: [{ upTo: 32, ...weights }],
    });
    const decoder = await engine.decoder(engine.initialState(), text);
    const heldBack = Buffer.from(' be');
    const { bytes } = await collect(generate(decoder, { tokenizer, heldBack, matcher, stop: 'line', maxTokens: 25 }));
    expect(Buffer.from(bytes).toString('utf8')).toBe('ta gamma delta');
  });

  it('ends at a special token and says which', async () => {
    const ordinary = Array.from({ length: engine.config.vocabSize }, (_, id) => id);
    const eof = engine.tokenizer.special('eof');
    const { ids, end } = await run({ banned: ordinary.filter((id) => id !== eof) });
    expect(ids).toHaveLength(0);
    expect(end).toMatchObject({ reason: 'special', id: eof });
  });

  it('never writes what training did not use', async () => {
    const allowed = new Set([engine.tokenizer.special('pad'), 40]);
    const banned = Array.from({ length: engine.config.vocabSize }, (_, id) => id).filter((id) => !allowed.has(id));
    expect(Array.from((await run({ banned, maxTokens: 3 })).ids)).toEqual([40, 40, 40]);
  });

  it('stops between tokens when aborted', async () => {
    const controller = new AbortController();
    const tokens = generate(start.fork(), { tokenizer: engine.tokenizer, maxTokens: 25, signal: controller.signal });
    await tokens.next();
    controller.abort(new Error('typed on'));
    await expect(tokens.next()).rejects.toThrow('typed on');
  });

  it('gives nothing when no token is wanted', async () => {
    expect(await run({ maxTokens: 0 })).toMatchObject({ ids: new Uint32Array(0), end: { reason: 'length' } });
  });
});
