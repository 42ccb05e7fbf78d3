import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../src/engine';
import { FileMemory, MemoryStore, tokenize } from '../src/memory';
import { LmdbBackend } from '../src/memory/store/lmdbBackend';
import { heldOutFiles } from './heldOut';
import type { BenchOptions } from './options';
import { stateBytes } from './reading';

/** Bytes of text of a small file, and tokens of the others. */
const SMALL_BYTES = 551;
const LENGTHS = [13_000, 150_000];

interface Size {
  tokens: number;
  /** What a state takes in memory while the model reads. */
  inMemory: number;
  /** States, their notes and embeddings in the store. */
  states: { count: number; bytes: number };
  notes: number;
  embeddings: number;
  /** The most tokens that are read again before an edit. */
  worstReread: number;
  /** Files of the store. */
  onDisk: number;
}

/** What a file takes in the store, by part. `--lengths` chooses the lengths in tokens. */
export async function states({ modelDir, lengths = LENGTHS }: BenchOptions): Promise<object> {
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  const text = Buffer.concat(heldOutFiles().map(({ bytes }) => bytes));
  const { tokens, offsets, headerTokens } = tokenize(engine, { basename: 'file.ts', bytes: text });
  const ends = lengths.map((length) => offsets.byteOffset(Math.min(length, tokens.length) - headerTokens));
  const sizes: Record<string, Size> = {};
  for (const end of [SMALL_BYTES, ...ends]) {
    const size = await measure(engine, text.subarray(0, end));
    sizes[end] = size;
    const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
    console.log(
      `${end} bytes, ${size.tokens} tokens: ${size.states.count} states ${mb(size.states.bytes)}, notes ${mb(size.notes)}, ` +
        `embeddings ${(size.embeddings / size.tokens).toFixed(1)} bytes a token; on disk ${mb(size.onDisk)}; ` +
        `in memory ${mb(size.inMemory)}; at most ${size.worstReread} tokens are read again for an edit`,
    );
  }
  await engine.dispose();
  return { sizes };
}

async function measure(engine: Engine, bytes: Uint8Array): Promise<Size> {
  const folder = await mkdtemp(join(tmpdir(), 'memmamba-states-'));
  const store = await MemoryStore.open(folder);
  const document = { label: 'file.ts', basename: 'file.ts', bytes };
  const reading = await new FileMemory(engine, store).read(document);
  const places = [0, ...reading.checkpoints];
  const size = {
    tokens: reading.tokens.length,
    inMemory: stateBytes(reading.state),
    states: { count: 0, bytes: 0 },
    notes: 0,
    embeddings: 0,
    worstReread: Math.max(...places.map((at, i) => (places[i + 1] ?? reading.tokens.length) - at)),
    onDisk: 0,
  };
  await store.close();
  const [stored] = await readdir(folder);
  const backend = LmdbBackend.open(join(folder, stored!), true);
  for (const { info } of backend.entries()) {
    if (info.kind === 'embedding') size.embeddings += info.bytes;
    else if (info.kind === 'notes') size.notes += info.bytes;
    else {
      size.states.count++;
      size.states.bytes += info.bytes;
    }
  }
  await backend.close();
  for (const name of await readdir(folder, { recursive: true })) size.onDisk += (await stat(join(folder, name))).size;
  await rm(folder, { recursive: true, force: true });
  return size;
}
