import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixturePackages } from '../../../bench/corpus';
import { longDocuments } from '../../../bench/perplexity/documents';
import {
  bitsPerByte,
  measureAfterContext,
  measureBlocks,
  perplexityOf,
  total,
} from '../../../bench/perplexity/measure';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();
const root = fileURLToPath(new URL('../../..', import.meta.url));
const corpus = { source: 'fixtures', packages: fixturePackages(`${root}/test/fixtures/held-out`) };

describe('perplexity by length', () => {
  it('cuts documents of equal length that share no text', () => {
    const documents = longDocuments(corpus, engine.tokenizer, 20_000, 3);
    expect(documents.map(({ sort, ids }) => [sort, ids.length])).toEqual(Array(3).fill(['code', 20_000]));
    expect(new Set(documents.flatMap(({ name }) => name.split(', '))).size).toBe(
      documents.flatMap(({ name }) => name.split(', ')).length,
    );
  });

  it('counts exactly what the engine predicts, but the first token of each block', async () => {
    const ids = longDocuments(corpus, engine.tokenizer, 640, 1)[0]!.ids;
    const sums = await measureBlocks(engine, engine.initialState(), ids, { notes: true });
    const logs = [...(await engine.logProbs(engine.initialState(), ids))].filter((_, i) => (i + 1) % 128 !== 0);
    const all = total(sums);
    expect(sums).toHaveLength(5);
    expect(all.tokens).toBe(5 * 127);
    expect(all.nats).toBeCloseTo(-logs.reduce((a, b) => a + b, 0), 6);
    expect(all.bytes).toBe(
      [0, 1, 2, 3, 4].reduce((sum, i) => sum + bytes(ids.subarray(i * 128 + 1, i * 128 + 128)), 0),
    );
    expect(perplexityOf(all)).toBeCloseTo(Math.exp(all.nats / all.tokens), 6);
    expect(bitsPerByte(all)).toBeCloseTo(all.nats / Math.LN2 / all.bytes, 6);
  });

  const bytes = (ids: Uint32Array): number => ids.reduce((sum, id) => sum + engine.tokenizer.tokenBytes(id).length, 0);

  it('without notes differs as soon as there are notes, and not before', async () => {
    const ids = longDocuments(corpus, engine.tokenizer, 1024, 1)[0]!.ids;
    const [withNotes, without] = await Promise.all(
      [true, false].map((notes) => measureBlocks(engine, engine.initialState(), ids, { notes })),
    );
    // Notes of the first block can be read from the third one on.
    expect(without!.slice(0, 2)).toEqual(withNotes!.slice(0, 2));
    for (let i = 2; i < 8; i++) {
      expect(without![i]!.nats).not.toBe(withNotes![i]!.nats);
      expect(without![i]!.bytes).toBe(withNotes![i]!.bytes);
    }
  });

  it('predicts the same last tokens after every context; after the longest one as when read from the top', async () => {
    const document = longDocuments(corpus, engine.tokenizer, 1280, 1)[0]!;
    const from = await measureBlocks(engine, engine.initialState(), document.ids, { notes: true });
    const long = await measureAfterContext(engine, document, 1024, 256, { notes: true });
    const short = await measureAfterContext(engine, document, 256, 256, { notes: true });
    expect(long.map(({ nats }) => nats)).toEqual(from.slice(-2).map(({ nats }) => nats));
    expect(short.map((one) => one.bytes)).toEqual(long.map((one) => one.bytes));
    expect(short[0]!.nats).not.toBe(long[0]!.nats);
    const emptied = await measureAfterContext(engine, document, 1024, 256, { notes: false });
    const read = await measureBlocks(engine, engine.initialState(), document.ids, { notes: false });
    expect(emptied.map(({ nats }) => nats)).toEqual(read.slice(-2).map(({ nats }) => nats));
  });
});
