import { describe, expect, it } from 'vitest';
import { collect, generate, prefill } from '../../../../src/engine';
import { FileMemory } from '../../../../src/memory';
import { completeAt } from '../../../../src/server';
import { document, lines, openStore, tokensOf, utf8 } from '../../../support/documents';
import { recordingEngine } from '../../../support/recordingEngine';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;

const line = 'const total = sum(re';

/**
 * A text that ends in {@link line}, whose tokens before the last word end this many after a block boundary, a few blocks in.
 */
function textOf(remainder: number): string {
  for (let count = 12; count < 400; count++) {
    const text = `${lines(count)}${line}`;
    const { length } = tokensOf(engine, text.slice(0, -'(re'.length));
    if (length % blockSize === remainder && length > 3 * blockSize) return text;
  }
  throw new Error('no such text');
}

describe('completeAt', () => {
  it('completes inside a word as if the word had not been started, at the cursor and not before it', async () => {
    const { tokenizer } = engine;
    const before = `${'def parse(text):\n    return text\n'.repeat(30)}x = re.compile(`;
    const file = document(`${before}par`);
    const memory = new FileMemory(engine, await openStore());
    const options = { stop: undefined, maxTokens: 20 };
    const completion = await completeAt(engine, memory, file, file.bytes.length, options);

    const tokens = tokensOf(engine, before);
    const read = tokens.length - (tokens.length % blockSize);
    const state = await prefill(engine, engine.initialState(), tokens.subarray(0, read));
    const decoder = await engine.decoder(state, tokens.subarray(read));
    const heldBack = Buffer.from('par');
    const expected = await collect(generate(decoder, { tokenizer, heldBack, maxTokens: 20 }));
    expect(completion).toMatchObject({
      text: Buffer.from(expected.bytes).toString('utf8'),
      tokens: expected.ids.length,
      meanLogProb: expected.logProb / expected.ids.length,
    });
    expect(completion.readTokens).toBe(read);
  });

  it.each([0, 3, 60])(
    'reads each block once and looks the text up as it stands (%i tokens in a block)',
    async (remainder) => {
      const text = textOf(remainder);
      const { engine: watched, recording } = recordingEngine(engine);
      const memory = new FileMemory(watched, await openStore());
      const file = document(`${text}, second);\n${lines(6, 5)}`);
      const completion = await completeAt(watched, memory, file, utf8(text).length, { stop: undefined, maxTokens: 8 });

      const tokens = tokensOf(engine, text.slice(0, -'(re'.length));
      const whole = tokens.length - remainder;
      const boundary = remainder === 0 ? whole - blockSize : whole;
      const tail = [...tokens.subarray(boundary)];
      expect(completion.readTokens).toBe(whole);
      expect(recording.blocks).toBe(whole / blockSize);
      expect(recording.made).toHaveLength(1);
      expect(recording.made[0]!.from).toBe(boundary);
      expect(recording.made[0]!.ids.slice(0, tail.length)).toEqual(tail);
      const [matcher] = recording.lookups;
      expect(matcher!.before).toEqual(tokens);
      expect(matcher!.pushed).toEqual(recording.made[0]!.ids.slice(tail.length));
    },
  );

  it('stops at an abort while it writes', async () => {
    const controller = new AbortController();
    const { engine: watched, recording } = recordingEngine(engine);
    const memory = new FileMemory(watched, await openStore());
    const decoder = watched.decoder.bind(watched);
    watched.decoder = async (...args) => {
      const made = await decoder(...args);
      setImmediate(() => controller.abort(new Error('enough')));
      return made;
    };
    const { signal } = controller;
    const file = document(textOf(60));
    const writing = completeAt(watched, memory, file, file.bytes.length, { stop: undefined, maxTokens: 5000, signal });
    await expect(writing).rejects.toThrow('enough');
    expect(recording.made[0]!.ids.length).toBeLessThan(400);
  });
});
