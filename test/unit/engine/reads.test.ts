import { describe, expect, it } from 'vitest';
import { AttentionMass, ReadLog, prefill, type MemoryRead } from '../../../src/engine';
import { fileEngine, mixedTokens } from '../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;
const tokens = mixedTokens(12 * blockSize);
const state = await prefill(engine, engine.initialState(), tokens.subarray(0, 8 * blockSize));
// Five tokens before a block's end, so that what follows crosses it and changes the pools.
const decoder = await engine.decoder(state, tokens.subarray(8 * blockSize, 9 * blockSize - 5));

const whole = ({ nothing, recent, own, notes }: MemoryRead): number =>
  nothing + recent + own + notes.reduce((sum, { weight }) => sum + weight, 0);

const next = (count: number): Uint32Array => tokens.subarray(9 * 128 - 5, 9 * 128 - 5 + count);

describe('ReadLog', () => {
  it('accounts for all attention of every read, token by token across a block end', async () => {
    const reads = new ReadLog(engine.config);
    const own = decoder.fork();
    for (const id of next(12)) await own.append(Uint32Array.of(id), { reads });
    expect(reads.tokens).toBe(12);
    const all = reads.reads();
    expect(all.map(({ layer, kind }) => `${layer} ${kind}`)).toEqual(['1 own', '3 own', '3 cross']);
    for (const read of all) {
      expect(whole(read)).toBeCloseTo(1, 5);
      expect(new Set(read.notes.map(({ noteLayer, position }) => `${noteLayer} ${position}`)).size).toBe(
        read.notes.length,
      );
      for (const { peak, weight } of read.notes) expect(peak).toBeGreaterThanOrEqual(weight - 1e-9);
    }
    // More notes than slots were read, since some were replaced on the way.
    expect(all[0]!.notes.length).toBeGreaterThan(engine.config.poolSize);
  });

  it('agrees with the attention that answers are found by', async () => {
    const reads = new ReadLog(engine.config);
    const own = decoder.fork();
    const attention = new AttentionMass(engine.config);
    await own.append(next(5), { attention, reads });
    const mass = new Map(attention.list().map(({ layer, position, weight }) => [`${layer} ${position}`, weight]));
    const { noteLayers } = engine.config;
    const sums = new Map<string, number>();
    for (const { notes } of reads.reads()) {
      for (const { noteLayer, position, weight } of notes) {
        const key = `${noteLayers[noteLayer]} ${position}`;
        sums.set(key, (sums.get(key) ?? 0) + weight * reads.tokens);
      }
    }
    expect(sums.size).toBeGreaterThan(0);
    for (const [key, sum] of sums) expect(sum).toBeCloseTo(mass.get(key)!, 6);
  });

  it('changes nothing about what is written', async () => {
    const [watched, plain] = [decoder.fork(), decoder.fork()];
    await watched.append(next(8), { reads: new ReadLog(engine.config) });
    await plain.append(next(8));
    expect(watched.logits).toEqual(plain.logits);
  });

  it('is empty before anything was read', () => {
    expect(new ReadLog(engine.config).reads()).toEqual([]);
  });
});
