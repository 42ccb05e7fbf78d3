import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FileMemory, MemoryStore, ReadInterruptedError, tokenize, type LineEmbeddings } from '../../../../src/memory';
import { document, lines, openStore } from '../../../support/documents';
import { tokenEmbeddings } from '../../../support/embeddings';
import { temporaryFolder } from '../../../support/folder';
import { fileEngine, testEngine, tinyEmbeddingModelDir } from '../../../support/tinyModel';

const engine = await fileEngine(tinyEmbeddingModelDir);

/** The sums of all lines, as bytes. */
function allLines(embeddings: LineEmbeddings | undefined): Buffer {
  expect(embeddings).toBeDefined();
  const { lineCount, width } = embeddings!;
  const sums = new Float64Array(lineCount * width);
  for (let line = 0; line < lineCount; line++) {
    embeddings!.sum(line, line + 1, sums.subarray(line * width, (line + 1) * width));
  }
  return Buffer.from(sums.buffer);
}

/** The embeddings of a text read in one go, with nothing stored before. */
async function afresh(text: string): Promise<Buffer> {
  const store = await MemoryStore.open(await temporaryFolder());
  const { embeddings } = await new FileMemory(engine, store).read(document(text));
  await store.close();
  return allLines(embeddings);
}

/** Counts the model's runs. */
function watch(): { runs: () => number } {
  const spies = [vi.spyOn(engine, 'readBlock'), vi.spyOn(engine, 'embed')];
  onTestFinished(() => spies.forEach((spy) => spy.mockRestore()));
  return { runs: () => spies.reduce((runs, { mock }) => runs + mock.calls.length, 0) };
}

describe('embeddings of lines', () => {
  it('are sums over the tokens that begin in them, within what 8 bits can say', async () => {
    const text = `${lines(40)}\r\nlast, without a line end: ${'long '.repeat(150)}`;
    const { embeddings, tokens, headerTokens, offsets } = await new FileMemory(engine, await openStore()).read(
      document(text),
    );
    const { embeddingWidth: width } = engine.config;
    const expected = new Float64Array(embeddings!.lineCount * width);
    const embedding = await tokenEmbeddings(engine, tokens);
    for (let token = headerTokens; token < tokens.length; token++) {
      const { line } = offsets.position(token - headerTokens);
      for (let i = 0; i < width; i++) expected[line * width + i]! += embedding[token * width + i]!;
    }
    const sum = new Float64Array(width);
    for (let line = 0; line < embeddings!.lineCount; line++) {
      embeddings!.sum(line, line + 1, sum);
      const wanted = expected.subarray(line * width, (line + 1) * width);
      const most = Math.max(...wanted.map(Math.abs));
      // Several pieces make a long line, and each is rounded.
      sum.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(most * 0.03));
    }
    const all = new Float64Array(width);
    embeddings!.sum(0, 10_000, all);
    expect(Math.hypot(...all)).toBeGreaterThan(0);
    embeddings!.sum(5, 5, all);
    expect([...all]).toEqual(new Array(width).fill(0));
  });

  it('are there for texts shorter than a block, and for empty ones', async () => {
    const store = await openStore();
    const memory = new FileMemory(engine, store);
    const { runs } = watch();
    for (const text of ['', 'a', '\n\n', 'let x = 1;\n']) {
      const first = allLines((await memory.read(document(text))).embeddings);
      const before = runs();
      expect(before).toBeGreaterThan(0);
      expect(allLines((await memory.read(document(text))).embeddings).equals(first)).toBe(true);
      expect(runs()).toBe(before);
    }
  });

  it('are restored with an unchanged file, without a run of the model, also by another process', async () => {
    const folder = await temporaryFolder();
    const text = lines(160);
    const store = await MemoryStore.open(folder);
    const first = allLines((await new FileMemory(engine, store).read(document(text))).embeddings);
    await store.close();
    const memory = new FileMemory(engine, await openStore(folder));
    const watched = watch();
    expect(allLines((await memory.read(document(text))).embeddings).equals(first)).toBe(true);
    expect(allLines(memory.embeddings(document(text, '/elsewhere/a.ts'))).equals(first)).toBe(true);
    expect(memory.embeddings(document(`${text}one more`))).toBeUndefined();
    expect(watched.runs()).toBe(0);
  });

  it('an edit costs the reading from the last checkpoint before it, and no more than without embeddings', async () => {
    const memory = new FileMemory(engine, await openStore());
    const text = lines(700);
    const first = await memory.read(document(text));
    const at = Math.floor(text.length * 0.7);
    const edited = `${text.slice(0, at)} edited ${text.slice(at)}`;
    const second = await memory.read(document(edited));
    expect(second.restoredTokens).toBeGreaterThan(first.tokens.length * 0.7 - 2 * 16 * engine.config.blockSize);
    expect(allLines(second.embeddings).equals(await afresh(edited))).toBe(true);
    // Appended at the end: only the tail and the block it has filled.
    const longer = await memory.read(document(`${edited}const tail = 1;\n`));
    expect(longer.readTokens).toBeLessThanOrEqual(engine.config.blockSize);
  });

  it('outlive the states, which are larger by far', async () => {
    const folder = await temporaryFolder();
    const texts = [lines(200, 1), lines(200, 2), lines(200, 3)];
    const large = await MemoryStore.open(folder);
    const one = new FileMemory(engine, large);
    await one.read(document(texts[0]!, 'first'));
    const bytes = large.stats().bytes;
    await large.close();
    const store = await MemoryStore.open(folder, { quotaBytes: Math.round(1.5 * bytes) });
    onTestFinished(() => store.close());
    const memory = new FileMemory(engine, store);
    for (const text of texts) await memory.read(document(text));
    expect(store.stats().bytes).toBeLessThanOrEqual(1.5 * bytes);
    for (const text of texts) expect(memory.embeddings(document(text))).toBeDefined();
    expect((await memory.read(document(texts[0]!))).restoredTokens).toBe(0);
  });

  it('go with their document when it is forgotten, and do not count as states', async () => {
    const store = await openStore();
    const memory = new FileMemory(engine, store);
    const states = (await memory.read(document(lines(260)))).checkpoints.length;
    expect(states).toBeGreaterThan(0);
    expect(store.stats().states).toBe(states);
    expect(store.forget('/project/a.ts')).toBe(states);
    expect(store.stats().bytes).toBe(0);
    expect(memory.embeddings(document(lines(120)))).toBeUndefined();
  });

  it('a model without an embedding has none, and stores nothing for them', async () => {
    const plain = await testEngine();
    const store = await openStore();
    const memory = new FileMemory(plain, store);
    const put = vi.spyOn(store, 'putAll');
    expect((await memory.read(document(lines(60)))).embeddings).toBeUndefined();
    expect(memory.embeddings(document(lines(60)))).toBeUndefined();
    expect(put.mock.calls.flatMap(([entries]) => [...entries]).every(({ meta }) => meta.kind !== 'embedding')).toBe(
      true,
    );
    await expect(plain.embed(plain.initialState(), Uint32Array.of(1))).rejects.toThrow(RangeError);
  });
});

describe('stored embeddings that are missing or cannot be used', () => {
  /** Reads a text, corrupts its stored embeddings, and reads it again. */
  async function readAgain(
    spoil: (bytes: Buffer) => Buffer | undefined,
  ): Promise<{ store: MemoryStore; read: number }> {
    const text = lines(260);
    const store = await openStore();
    const memory = new FileMemory(engine, store);
    const put = vi.spyOn(store, 'putAll');
    const first = await memory.read(document(text));
    const entries = put.mock.calls.flatMap(([entries]) => [...entries]).filter(({ meta }) => meta.kind === 'embedding');
    expect(entries.length).toBeGreaterThan(2);
    for (const { key, blob, meta } of entries) {
      const spoiled = spoil(Buffer.from(blob));
      if (spoiled === undefined) store.remove(key);
      else store.put(key, spoiled, meta);
    }
    const second = await memory.read(document(text));
    expect(allLines(second.embeddings).equals(allLines(first.embeddings))).toBe(true);
    const third = await memory.read(document(text));
    expect(third.readTokens).toBe(0);
    return { store, read: second.readTokens };
  }

  it('a store of states alone is read again, silently', async () => {
    const { store, read } = await readAgain(() => undefined);
    expect(read).toBeGreaterThan(0);
    expect(store.warnings).toEqual([]);
  });

  it.each([
    ['damaged', (bytes: Buffer) => bytes.fill(0x55, 40, 44), /checksum/],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 15), /no embeddings/],
    ['of another form', (bytes: Buffer) => (bytes.writeUInt32LE(99, 4), bytes), /format 99/],
    ['no embeddings', (bytes: Buffer) => bytes.fill(0), /no embeddings/],
  ] as const)('one that is %s is reported, dropped and read again', async (_, spoil, warning) => {
    const { store, read } = await readAgain(spoil);
    expect(read).toBeGreaterThan(0);
    expect(store.warnings.length).toBeGreaterThan(0);
    for (const one of store.warnings) expect(one).toMatch(warning);
  });

  it('those of another text under the same key do not fit', async () => {
    const store = await openStore();
    const memory = new FileMemory(engine, store);
    const put = vi.spyOn(store, 'putAll');
    await memory.read(document('one line'));
    await memory.read(document('two\nlines'));
    const [one, two] = put.mock.calls.flatMap(([entries]) => [...entries]);
    store.put(one!.key, two!.blob, one!.meta);
    const before = await afresh('one line');
    expect(allLines((await memory.read(document('one line'))).embeddings).equals(before)).toBe(true);
    expect(store.warnings).toEqual([expect.stringMatching(/does not match its text/)]);
  });
});

describe('embeddings are bitwise the same', () => {
  it('after any sequence of edits, interruptions and lost states, restored as far as possible', async () => {
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.integer({ min: 0, max: 400 }),
      insert: fc.constantFrom('', 'x', '\r', '\r\n', '\n\n', '}\n', lines(3, 5), 'ä€😀\r', ' '.repeat(40)),
      /** Blocks after which reading is interrupted and restarted; undefined = never. */
      interrupt: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
      lose: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async (size, edits) => {
          const store = await MemoryStore.open(await temporaryFolder());
          try {
            const memory = new FileMemory(engine, store);
            const put = vi.spyOn(store, 'putAll');
            let text = lines(size);
            await memory.read(document(text));
            for (const { at, cut, insert, interrupt, lose } of edits) {
              const from = Math.floor(at * text.length);
              text = text.slice(0, from) + insert + text.slice(from + cut);
              if (lose) {
                const states = put.mock.calls
                  .flatMap(([entries]) => [...entries])
                  .filter(({ meta }) => meta.kind !== 'embedding');
                const last = states.at(-1);
                if (last) store.remove(last.key);
              }
              if (interrupt !== undefined) await readUpTo(memory, text, interrupt);
              const reading = await memory.read(document(text));
              expect(allLines(reading.embeddings).equals(await afresh(text))).toBe(true);
              expect(allLines(memory.embeddings(document(text))).equals(allLines(reading.embeddings))).toBe(true);
            }
          } finally {
            await store.close();
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  /** Reads, and aborts after some blocks. */
  async function readUpTo(memory: FileMemory, text: string, blocks: number): Promise<void> {
    const controller = new AbortController();
    let left = blocks;
    const onProgress = (): void => {
      if (left-- <= 0) controller.abort();
    };
    await memory.read(document(text), { signal: controller.signal, onProgress }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(ReadInterruptedError);
    });
  }

  it('of texts that begin alike, up to where they differ', async () => {
    const shared = lines(100);
    const [one, two] = [await afresh(`${shared}a`), await afresh(`${shared}const b = 2;\n`)];
    // Complete blocks are the same; the tail is another run.
    const { tokens, headerTokens, offsets } = tokenize(engine, document(shared));
    const whole = Math.floor(tokens.length / engine.config.blockSize) * engine.config.blockSize;
    const { line } = offsets.position(whole - headerTokens);
    const bytes = line * engine.config.embeddingWidth * 8;
    expect(line).toBeGreaterThan(50);
    expect(one.subarray(0, bytes).equals(two.subarray(0, bytes))).toBe(true);
  });
});
