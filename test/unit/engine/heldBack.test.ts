import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, generate, NgramMatcher, type GenerateOptions } from '../../../src/engine';
import { fileEngine } from '../../support/tinyModel';
import { someIds } from './model';

const engine = await fileEngine();
const start = await engine.decoder(engine.initialState(), someIds(engine, 40));

const none = new Uint8Array(0);

/** Generates, and records every token given to the decoder. */
async function run(options: Partial<GenerateOptions>) {
  const decoder = start.fork();
  const fed: number[] = [];
  const append = decoder.append.bind(decoder);
  decoder.append = (ids) => {
    fed.push(...ids);
    return append(ids);
  };
  const written = await collect(generate(decoder, { tokenizer: engine.tokenizer, maxTokens: 12, ...options }));
  return { ...written, fed };
}

const begins = fc.oneof(
  fc.uint8Array({ maxLength: 6 }),
  fc
    .constantFrom('par', '.com', ' retu', '日本', 'é', '\ud83d\ude00', '  ', '=>', '<|eof|>')
    .map((s) => Buffer.from(s)),
);

describe('generate with a given beginning', () => {
  it('writes the beginning first, whatever it is, and gives only what comes after it', async () => {
    await fc.assert(
      fc.asyncProperty(begins, async (heldBack) => {
        const { bytes, fed, logProb } = await run({ heldBack });
        const all = Buffer.from(engine.tokenizer.decode(Uint32Array.from(fed)));
        // The last token is returned but not run.
        const shared = Math.min(all.length, heldBack.length + bytes.length);
        expect(Buffer.concat([heldBack, bytes]).subarray(0, shared)).toEqual(all.subarray(0, shared));
        expect(all.length).toBeGreaterThanOrEqual(heldBack.length);
        expect(logProb).toBeLessThanOrEqual(1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('is the old one, bit for bit, without a beginning', async () => {
    expect(await run({ heldBack: none })).toEqual(await run({}));
  });

  it('chooses the best of the tokens that fit, with its share of their probability', async () => {
    const { tokenizer } = engine;
    const heldBack = Buffer.from(' ');
    const fitting = Array.from(tokenizer.fitting(heldBack));
    const best = fitting.reduce((a, b) => (start.logits[b]! > start.logits[a]! ? b : a));
    const mass = fitting.reduce((sum, id) => sum + Math.exp(start.logits[id]!), 0);
    const { ids, fed, logProb } = await run({ heldBack, maxTokens: 2 });
    expect(fed).toEqual([best]);
    if (tokenizer.tokenBytes(best).length > 1) expect(ids[0]).toBe(best);
    const first = await run({ heldBack, maxTokens: 1 });
    if (first.ids.length > 0) expect(first.logProb).toBeCloseTo(start.logits[best]! - Math.log(mass), 4);
    expect(logProb).toBeLessThan(start.logits[best]! - Math.log(mass) + 1e-4);
  });

  it('writes a beginning that is longer than any token, token by token', async () => {
    const heldBack = Buffer.from('a_name_that_is_longer_than_every_token_of_this_model_'.repeat(2));
    const { bytes, fed } = await run({ heldBack, maxTokens: 130 });
    const all = Buffer.from(engine.tokenizer.decode(Uint32Array.from(fed)));
    expect(all.subarray(0, heldBack.length)).toEqual(heldBack);
    expect(all.subarray(heldBack.length)).toEqual(Buffer.from(bytes).subarray(0, all.length - heldBack.length));
  });

  it('gives nothing when the tokens do not suffice for the beginning', async () => {
    const heldBack = Buffer.from('\x01\x02\x03\x04');
    expect(await run({ heldBack, maxTokens: 3 })).toMatchObject({ ids: new Uint32Array(0), logProb: 0 });
  });

  it('counts the tokens inside the beginning in the first token that is given', async () => {
    // No token joins these bytes, so each is written by itself; the first byte after them carries all four choices.
    const heldBack = Buffer.from('\x01\x02\x03');
    const { tokenizer } = engine;
    const decoder = start.fork();
    let sum = 0;
    for (const byte of heldBack) {
      const id = tokenizer.encode(Uint8Array.of(byte))[0]!;
      const fitting = Array.from(tokenizer.fitting(Uint8Array.of(byte)));
      sum +=
        decoder.logits[id]! - Math.log(fitting.reduce((mass, other) => mass + Math.exp(decoder.logits[other]!), 0));
      await decoder.append(Uint32Array.of(id));
    }
    const after = await collect(generate(decoder, { tokenizer, maxTokens: 1 }));
    const { ids, logProb } = await run({ heldBack, maxTokens: 4 });
    expect(ids).toEqual(after.ids);
    expect(logProb).toBeCloseTo(sum + after.logProb, 4);
  });

  it.each([
    ['line', '\n'],
    ['block', ')'],
  ] as const)('with stop %s ends at the first %j after the beginning, not at the one inside it', async (stop, end) => {
    const { tokenizer } = engine;
    // A text that repeats itself, copied from its start: the model alone would write one token over and over.
    const text = tokenizer.encode(Buffer.from(`go${end}one ${end}two; go`));
    const copies = { upTo: 32, longest: 500, longestShare: 0, shorter: 0, shorterShare: 0 };
    const write = async (options: Partial<GenerateOptions>): Promise<string> => {
      const matcher = new NgramMatcher(engine.index(text), { scale: 1, certain: 0, occurs: 0, lengths: [copies] });
      const decoder = await engine.decoder(engine.initialState(), text);
      const heldBack = Buffer.from(end);
      const { bytes } = await collect(generate(decoder, { tokenizer, heldBack, matcher, maxTokens: 8, ...options }));
      return Buffer.from(bytes).toString('latin1');
    };
    expect(await write({})).toMatch(`one ${end}two`);
    expect((await write({ stop })).trimEnd()).toBe('one');
  });

  it('never takes a special token before the beginning is written', async () => {
    const { tokenizer } = engine;
    const allowed = new Set([...tokenizer.specialIds, ...tokenizer.encode(Uint8Array.of(1))]);
    const banned = Array.from({ length: engine.config.vocabSize }, (_, id) => id).filter((id) => !allowed.has(id));
    const { fed } = await run({ heldBack: Uint8Array.of(1, 1), banned });
    expect(fed.slice(0, 2)).toEqual([...tokenizer.encode(Uint8Array.of(1)), ...tokenizer.encode(Uint8Array.of(1))]);
  });

  it('says when everything that fits is banned', async () => {
    const banned = engine.tokenizer.fitting(Buffer.from('p'));
    await expect(run({ heldBack: Buffer.from('p'), banned })).rejects.toThrow(/banned/);
  });
});
