import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { prefill, type ModelState } from '../../../src/engine';
import { FileMemory, MemoryStore, ReadInterruptedError, tokenize } from '../../../src/memory';
import { chainKeys } from '../../../src/memory/state/chain';
import { expectSameState } from '../../support/states';
import { document, lines, openStore } from '../../support/documents';
import { temporaryFolder } from '../../support/folder';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();

/** The state at the last block boundary, read in one go by the engine alone. */
function fresh(tokens: Uint32Array): Promise<ModelState> {
  const { blockSize } = engine.config;
  return prefill(engine, engine.initialState(), tokens.subarray(0, tokens.length - (tokens.length % blockSize)));
}

describe('reading a document', () => {
  it('reads it whole the first time and restores all of it the second time', async () => {
    const folder = await temporaryFolder();
    const memory = new FileMemory(engine, await openStore(folder));
    const first = await memory.read(document(lines(300)));
    expect(first.restoredTokens).toBe(0);
    expect(first.readTokens).toBe(first.tokens.length - first.tail.length);
    expect(first.tail.length).toBeLessThan(engine.config.blockSize);

    const second = await memory.read(document(lines(300)));
    expect(second.readTokens).toBe(0);
    expect(second.restoredTokens).toBe(first.readTokens);
    expectSameState(second.state, first.state);
  });

  it('puts the file name before the text, with offsets that fit the text', () => {
    const { tokens, headerTokens, offsets } = tokenize(engine, document('let x;\nlet y;\n'));
    expect(tokens[0]).toBe(engine.tokenizer.special('<|path|>'));
    const header = engine.tokenizer.decode(tokens.subarray(1, headerTokens));
    expect(Buffer.from(header).toString()).toBe('a.ts\n');
    expect(offsets.position(offsets.tokenAtByte(7))).toEqual({ line: 1, column: 0 });
  });

  it('shares states between files that begin alike, under each one’s label', async () => {
    const shared = await openStore();
    const memory = new FileMemory(engine, shared);
    const first = await memory.read(document(lines(200)));
    const copy = await memory.read(document(`${lines(200)}// one line more\n`, '/other/a.ts'));
    expect(copy.restoredTokens).toBe(first.state.position);
    shared.forget('/project/a.ts');
    expect((await memory.read(document(lines(200), '/other/a.ts'))).restoredTokens).toBeGreaterThan(0);
  });

  it('reads from the last checkpoint before an edit', async () => {
    const memory = new FileMemory(engine, await openStore());
    const text = lines(700);
    const first = await memory.read(document(text));
    const at = Math.floor(text.length * 0.7);
    const edited = await memory.read(document(`${text.slice(0, at)} edited ${text.slice(at)}`));
    const stride = 16 * engine.config.blockSize;
    expect(first.checkpoints.length).toBeGreaterThan(3);
    expect(edited.restoredTokens % stride).toBe(0);
    expect(edited.restoredTokens).toBeGreaterThan(first.tokens.length * 0.7 - 2 * stride);
    expectSameState(edited.state, await fresh(edited.tokens));
  });

  it('reports progress from what was restored to the last whole block', async () => {
    const memory = new FileMemory(engine, await openStore());
    const seen: number[] = [];
    const reading = await memory.read(document(lines(200)), { onProgress: ({ doneTokens }) => seen.push(doneTokens) });
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(reading.state.position);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('has the state at any token, through the nearest checkpoint', async () => {
    const memory = new FileMemory(engine, await openStore());
    const reading = await memory.read(document(lines(200)));
    const { blockSize } = engine.config;
    for (const token of [0, 1, blockSize, 20 * blockSize + 5, reading.tokens.length, reading.tokens.length + 999]) {
      const state = await reading.stateAt(token);
      const boundary = Math.min(token, reading.tokens.length);
      expect(state.position).toBe(boundary - (boundary % blockSize));
      expectSameState(state, await fresh(reading.tokens.subarray(0, state.position)));
    }
  });

  it('reads texts shorter than a block', async () => {
    const memory = new FileMemory(engine, await openStore());
    const reading = await memory.read(document('a'));
    expect(reading.state.position).toBe(0);
    expect(reading.tail).toEqual(reading.tokens);
    expect(reading.checkpoints).toEqual([]);
  });
});

describe('reading that is interrupted', () => {
  it('stores where it was, and continues from there', async () => {
    const memory = new FileMemory(engine, await openStore());
    const { blockSize } = engine.config;
    const controller = new AbortController();
    const interrupted = memory.read(document(lines(300)), {
      signal: controller.signal,
      onProgress: ({ doneTokens }) => {
        if (doneTokens >= 7 * blockSize) controller.abort();
      },
    });
    const error: unknown = await interrupted.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ReadInterruptedError);
    expect(error).toMatchObject({ label: '/project/a.ts', keptTokens: 7 * blockSize });

    const again = await memory.read(document(lines(300)));
    expect(again.restoredTokens).toBe(7 * blockSize);
    expectSameState(again.state, await fresh(again.tokens));
    expect(again.checkpoints).not.toContain(7 * blockSize);
  });

  it('says that nothing was kept when the store is not on disk', async () => {
    const memory = new FileMemory(engine, await openStore('/dev/null/nowhere'));
    const controller = new AbortController();
    const reading = memory.read(document(lines(300)), {
      signal: controller.signal,
      onProgress: ({ doneTokens }) => {
        if (doneTokens > 0) controller.abort();
      },
    });
    await expect(reading).rejects.toMatchObject({ name: 'ReadInterruptedError', keptTokens: 0 });
  });

  it('stores every ten seconds, so that a crash costs no more', async () => {
    const opened = await openStore();
    const memory = new FileMemory(engine, opened);
    const now = vi.spyOn(Date, 'now');
    onTestFinished(() => now.mockRestore());
    let time = 1e12;
    now.mockImplementation(() => (time += 1500));
    const put = vi.spyOn(opened, 'putAll');
    await memory.read(document(lines(500)));
    const positions = put.mock.calls.map(([[entry]]) => entry!.meta.position);
    expect(positions.length).toBeGreaterThan(3);
    expect(Math.max(...positions.map((p, i) => p - (positions[i - 1] ?? 0)))).toBeLessThanOrEqual(
      8 * engine.config.blockSize,
    );
  });
});

describe('a stored state that cannot be used', () => {
  it.each([
    ['damaged', (bytes: Buffer): void => void bytes.fill(0x55, 100, 200), /its checksum is wrong/],
    ['of an unknown version', (bytes: Buffer): void => void bytes.writeUInt32LE(99, 4), /format 99/],
  ])('counts as absent when it is %s, and is reported', async (_, hurt, warning) => {
    const opened = await openStore();
    const memory = new FileMemory(engine, opened);
    const text = lines(450);
    const first = await memory.read(document(text));
    const keys = chainKeys(
      { modelId: engine.modelId, tokenizerId: engine.tokenizer.id },
      first.tokens,
      engine.config.blockSize,
    );
    const last = keys.at(-1)!;
    const bytes = Buffer.from(opened.get(last)!);
    hurt(bytes);
    opened.put(last, bytes, { label: 'x', position: first.state.position, modelId: engine.modelId });

    const again = await memory.read(document(text));
    expect(again.restoredTokens).toBeLessThan(first.state.position);
    expect(again.restoredTokens).toBeGreaterThan(0);
    expect(opened.warnings).toEqual([expect.stringMatching(warning)]);
    expectSameState(again.state, first.state);
    expect((await memory.read(document(text))).readTokens).toBe(0);
  });
});

describe('a state equals one read afresh, bit for bit', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '\n', '=', '1', 'é', '😀', 'value', 'return '),
    maxLength: 900,
  });

  it('in any chunking', async () => {
    const { blockSize } = engine.config;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (chunks, seed) => {
          const blocks = chunks.reduce((a, b) => a + b);
          const ids = Uint32Array.from({ length: blocks * blockSize }, (_, i) => 16 + ((i * 31 + seed) % 480));
          let state = engine.initialState();
          for (const chunk of chunks)
            state = await prefill(engine, state, ids.subarray(state.position, state.position + chunk * blockSize));
          expectSameState(state, await fresh(ids));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('after any sequence of edits, each restored from the store as far as possible', async () => {
    const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 400 }), insert: text });
    await fc.assert(
      fc.asyncProperty(text, fc.array(edit, { minLength: 1, maxLength: 6 }), async (start, edits) => {
        const opened = await MemoryStore.open(await temporaryFolder());
        const memory = new FileMemory(engine, opened);
        let current = lines(60) + start;
        try {
          await memory.read(document(current));
          for (const { at, remove, insert } of edits) {
            const from = at % (current.length + 1);
            current = current.slice(0, from) + insert + current.slice(from + remove);
            const reading = await memory.read(document(current));
            expectSameState(reading.state, await fresh(reading.tokens));
          }
        } finally {
          await opened.close();
        }
      }),
      { numRuns: 12 },
    );
  });

  it('after closing and opening the store', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 20, max: 400 }), async (start, count) => {
        const folder = await temporaryFolder();
        const text = start + lines(count);
        const first = await MemoryStore.open(folder);
        await new FileMemory(engine, first).read(document(text));
        await first.close();
        const second = await MemoryStore.open(folder);
        const reading = await new FileMemory(engine, second).read(document(text));
        await second.close();
        expect(reading.readTokens).toBe(0);
        expectSameState(reading.state, await fresh(reading.tokens));
      }),
      { numRuns: 8 },
    );
  });
});
