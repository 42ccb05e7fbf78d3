import { describe, expect, it } from 'vitest';
import { collect, generate, prefill, type InfillSetting } from '../../../../src/engine';
import { FileMemory, type MemoryDocument, type MemoryStore } from '../../../../src/memory';
import { completeAt } from '../../../../src/server';
import { document, lines, openStore, tokensOf, utf8 } from '../../../support/documents';
import { recordingEngine } from '../../../support/recordingEngine';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;

/** A store that writes down what is put into it: blobs by key. */
async function watchedStore(): Promise<{ store: MemoryStore; kept: Map<string, string> }> {
  const store = await openStore();
  const kept = new Map<string, string>();
  const putAll: MemoryStore['putAll'] = (entries) => {
    for (const { key, blob } of entries) kept.set(key.toString('hex'), blob.toString('hex'));
    return store.putAll(entries);
  };
  return { store: Object.assign(Object.create(store) as MemoryStore, { putAll }), kept };
}

describe('completeAt', () => {
  it('goes on inside a word as if the word had not been begun, at the cursor and not before it', async () => {
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
    const begin = Buffer.from('par');
    const expected = await collect(generate(decoder, { tokenizer, begin, maxTokens: 20 }));
    expect(completion).toMatchObject({
      text: Buffer.from(expected.bytes).toString('utf8'),
      tokens: expected.ids.length,
      meanLogProb: expected.logProb / expected.ids.length,
    });
    expect(completion.readTokens).toBe(read);
  });
});

describe('completeAt with text behind the place', () => {
  const infill: InfillSetting = { shown: 12, back: 20 };
  const line = 'const total = sum(re';
  const behind = `, second);\n${lines(6, 5)}`;
  const options = { stop: undefined, maxTokens: 8 } as const;

  /** A text before the place that ends so many tokens behind a block, a few blocks on. */
  function textOf(remainder: number): string {
    for (let count = 12; count < 400; count++) {
      const text = `${lines(count)}${line}`;
      const { length } = tokensOf(engine, text.slice(0, -'(re'.length));
      if (length % blockSize === remainder && length > 3 * blockSize) return text;
    }
    throw new Error('no such text');
  }
  const at = (text: string): [MemoryDocument, number] => [document(text + behind), utf8(text).length];

  it.each([3, 60])(
    'feeds boundary, marks, what is behind, text, and no mark at the place (%i tokens in a block)',
    async (remainder) => {
      const text = textOf(remainder);
      const { engine: watched, recording } = recordingEngine(engine, infill);
      const completion = await completeAt(watched, new FileMemory(watched, await openStore()), ...at(text), options);

      const { tokenizer } = engine;
      const tokens = tokensOf(engine, text.slice(0, -'(re'.length));
      const whole = tokens.length - remainder;
      const place = remainder < infill.back ? whole - blockSize : whole;
      const shown = tokenizer.encode(utf8(behind)).subarray(0, infill.shown);
      expect(Buffer.from(tokenizer.decode(shown)).toString()).toMatch(/^, second\);/);
      const tail = Uint32Array.of(
        tokenizer.special('fim_suffix'),
        ...shown,
        tokenizer.special('fim_prefix'),
        ...tokens.subarray(place),
      );
      expect(recording.made).toHaveLength(1);
      expect(recording.made[0]!.from).toBe(place);
      expect(recording.made[0]!.ids.slice(0, tail.length)).toEqual([...tail]);

      const state = await prefill(engine, engine.initialState(), tokens.subarray(0, place));
      const decoder = await engine.decoder(state, tail);
      const expected = await collect(generate(decoder, { tokenizer, begin: utf8('(re'), maxTokens: 8 }));
      expect(completion.text).toBe(Buffer.from(expected.bytes).toString('utf8'));
      // What is chosen goes on from there, token by token; the last one is not run any more.
      expect(recording.made[0]!.ids.slice(tail.length)).toHaveLength(7);
      // No block is read twice, the one before the last boundary included.
      expect(completion.readTokens).toBe(whole);
      expect(recording.blocks).toBe(whole / blockSize);

      const [lookup] = recording.lookups;
      expect(lookup!.before).toEqual(tokens);
      expect(lookup!.pushed).toEqual(recording.made[0]!.ids.slice(tail.length));
    },
  );

  it('is the same as without when nothing but white space is behind', async () => {
    const text = textOf(60);
    const { engine: watched, recording } = recordingEngine(engine, infill);
    const place = utf8(text).length;
    await completeAt(watched, new FileMemory(watched, await openStore()), document(`${text}\n \n`), place, options);
    const tokens = tokensOf(engine, text.slice(0, -'(re'.length));
    expect(recording.made[0]!.ids.slice(0, 60)).toEqual([...tokens.subarray(tokens.length - 60)]);
  });

  it('keeps the same states as without, bit for bit', async () => {
    const text = textOf(60);
    const [plain, shown] = [await watchedStore(), await watchedStore()];
    const read = async ({ store }: typeof plain, setting: InfillSetting): Promise<void> => {
      await completeAt(engine, new FileMemory(engine, store), ...at(text), { ...options, infill: setting });
      await new FileMemory(engine, store).read(document(text + behind));
    };
    await read(plain, { shown: 0, back: 20 });
    await read(shown, infill);
    expect(plain.kept.size).toBeGreaterThan(0);
    expect([...shown.kept.keys()].sort()).toEqual([...plain.kept.keys()].sort());
    for (const [key, blob] of plain.kept) expect(shown.kept.get(key) === blob).toBe(true);
  });

  it('stops at an abort while it writes', async () => {
    const controller = new AbortController();
    const { engine: watched, recording } = recordingEngine(engine, infill);
    const memory = new FileMemory(watched, await openStore());
    const decoder = watched.decoder.bind(watched);
    watched.decoder = async (...args) => {
      const made = await decoder(...args);
      setImmediate(() => controller.abort(new Error('enough')));
      return made;
    };
    const { signal } = controller;
    const writing = completeAt(watched, memory, ...at(textOf(60)), { stop: undefined, maxTokens: 5000, signal });
    await expect(writing).rejects.toThrow('enough');
    expect(recording.made[0]!.ids.length).toBeLessThan(400);
  });
});
