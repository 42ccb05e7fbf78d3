import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttentionMass, Engine, prefill, type ModelState } from '../../../src/engine';
import { fileEngine } from '../../support/tinyModel';
import { differences, someIds, stateArrays, tinyModel } from './model';

const engine = await fileEngine();
const block = engine.config.blockSize;
// Enough blocks to fill the pool and evict notes.
const ids = someIds(engine, 8 * block + 70);
/** States after each block of `ids`, read in one go. */
const states: ModelState[] = [];
await prefill(engine, engine.initialState(), ids.subarray(0, 8 * block), {
  onBlock: (state) => void states.push(state),
});

describe('reading', () => {
  it('fills pool and window as designed', () => {
    const { notesPerBlock, poolSize } = engine.config;
    states.forEach((state, i) => {
      expect(state.position).toBe((i + 1) * block);
      for (const pool of state.pools) {
        expect(pool.count).toBe(Math.min(poolSize, i * notesPerBlock));
        // Notes come from blocks that have left the recent window.
        for (const position of pool.positions.subarray(0, pool.count)) {
          expect(position).toBeLessThan(i * block);
          expect(pool.tokens[pool.positions.indexOf(position)]).toBe(ids[position]);
        }
      }
      for (const rows of state.recent) {
        expect(rows.count).toBe(block);
        expect(rows.tokens).toEqual(ids.slice(i * block, (i + 1) * block));
      }
    });
  });

  it('is bitwise the same in any chunking, for any number of threads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        let state = engine.initialState();
        for (const size of sizes) {
          const end = Math.min(8 * block, state.position + size * block);
          state = await prefill(engine, state, ids.subarray(state.position, end));
        }
        expect(differences(state, states[state.position / block - 1]!)).toEqual([]);
      }),
      { numRuns: 10 },
    );
    const other = await Engine.open({ modelDir: tinyModel, provider: 'cpu', threads: 2 });
    const state = await prefill(other, other.initialState(), ids.subarray(0, 8 * block));
    await other.dispose();
    expect(differences(state, states[7]!)).toEqual([]);
  });

  it('never changes a state that it starts from', async () => {
    const before = structuredClone(stateArrays(states[5]!));
    await engine.readBlock(states[5]!, ids.subarray(6 * block, 7 * block));
    const decoder = await engine.decoder(states[5]!, ids.subarray(0, 100));
    await decoder.append(ids.subarray(0, 100));
    expect(stateArrays(states[5]!)).toEqual(before);
  });

  it('reads whole blocks only', async () => {
    await expect((async () => engine.readBlock(states[0]!, ids.subarray(0, 5)))()).rejects.toThrow(RangeError);
    await expect(prefill(engine, states[0]!, ids.subarray(0, block + 1))).rejects.toThrow(RangeError);
  });

  it('takes as many tokens in one run as the configuration says, and the rest in a shorter one', async () => {
    const runs: number[] = [];
    const long: Parameters<typeof prefill>[0] = {
      config: { ...engine.config, runTokens: 2 * block, stateGrid: block },
      readBlock: (state, some, onEmbedding) => {
        runs.push(some.length);
        onEmbedding?.(new Float32Array(some.length));
        return Promise.resolve({ ...state, position: state.position + some.length });
      },
    };
    const told: [number, number][] = [];
    const reached: number[] = [];
    await prefill(long, states[0]!, ids.subarray(0, 5 * block), {
      onBlock: ({ position }) => void reached.push(position),
      onEmbedding: ({ length }, position) => void told.push([position, length]),
    });
    expect(runs).toEqual([2 * block, 2 * block, block]);
    expect(reached).toEqual([3 * block, 5 * block, 6 * block]);
    expect(told).toEqual([
      [block, 2 * block],
      [3 * block, 2 * block],
      [5 * block, block],
    ]);
  });

  it('stops between blocks when aborted, with the reason of the signal', async () => {
    const reason = new Error('the document was closed');
    const controller = new AbortController();
    let blocks = 0;
    const reading = prefill(engine, engine.initialState(), ids.subarray(0, 8 * block), {
      signal: controller.signal,
      onBlock: () => {
        if (++blocks === 2) controller.abort(reason);
      },
    });
    await expect(reading).rejects.toBe(reason);
    expect(blocks).toBe(2);
    await expect(prefill(engine, states[0]!, new Uint32Array(0), { signal: controller.signal })).rejects.toBe(reason);
    await expect(engine.logProbs(states[0]!, ids, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('lets timers run between blocks', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    await prefill(engine, engine.initialState(), ids.subarray(0, 8 * block));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  it('waits for what onBlock does, and passes its errors on', async () => {
    const failure = new Error('disk full');
    const reading = prefill(engine, engine.initialState(), ids.subarray(0, 2 * block), {
      onBlock: async () => {
        await Promise.resolve();
        throw failure;
      },
    });
    await expect(reading).rejects.toBe(failure);
  });
});

describe('Decoder', () => {
  const far = (a: Float32Array, b: Float32Array): number => {
    let worst = 0;
    let largest = 0;
    a.forEach((x, i) => {
      worst = Math.max(worst, Math.abs(x - b[i]!));
      largest = Math.max(largest, Math.abs(b[i]!));
    });
    return worst / largest;
  };

  it('comes to the same logits token by token, in pieces and in one run', async () => {
    const whole = await engine.decoder(states[3]!, ids.subarray(4 * block, 4 * block + 300));
    const pieces = await engine.decoder(states[3]!, ids.subarray(4 * block, 4 * block + 37));
    await pieces.append(ids.subarray(4 * block + 37, 4 * block + 290));
    for (let t = 290; t < 300; t++) await pieces.append(ids.subarray(4 * block + t, 4 * block + t + 1));
    expect(pieces.position).toBe(whole.position);
    expect(far(pieces.logits, whole.logits)).toBeLessThan(1e-2);
    // The same from a later state: the decoder moved notes into the pool as reading does.
    const later = await engine.decoder(states[5]!, ids.subarray(6 * block, 4 * block + 300));
    expect(far(whole.logits, later.logits)).toBeLessThan(1e-2);
  });

  it('forks into decoders that do not touch each other', async () => {
    const a = await engine.decoder(states[4]!, ids.subarray(0, block - 2));
    const b = a.fork();
    const straight = await engine.decoder(states[4]!, ids.subarray(0, block - 2));
    await a.append(Uint32Array.of(40, 41, 42, 43, 44));
    await b.append(Uint32Array.of(50));
    await a.append(Uint32Array.of(45));
    await straight.append(Uint32Array.of(50));
    expect(b.logits).toEqual(straight.logits);
    expect(b.position).toBe(straight.position);
    await b.append(Uint32Array.of(51, 52));
    await straight.append(Uint32Array.of(51, 52));
    expect(b.logits).toEqual(straight.logits);
  });

  it('has no logits before its first token', async () => {
    const decoder = await engine.decoder(states[0]!, new Uint32Array(0));
    expect(() => decoder.logits).toThrow(/first token/);
    expect(decoder.position).toBe(block);
  });

  it('tells where it looked: at most one whole per token and read, only at tokens before', async () => {
    const decoder = await engine.decoder(states[6]!, ids.subarray(0, 20));
    const attention = new AttentionMass(engine.config);
    expect(attention.list()).toEqual([]);
    await decoder.append(ids.subarray(20, 25), { attention });
    const mass = attention.list();
    const { noteLayers, crossLayers } = engine.config;
    const total = mass.reduce((sum, { weight }) => sum + weight, 0);
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(5 * (noteLayers.length + crossLayers.length) + 1e-3);
    for (const { layer, position, weight } of mass) {
      expect(noteLayers).toContain(layer);
      expect(position).toBeLessThan(decoder.position);
      expect(position).toBeGreaterThanOrEqual(0);
      expect(weight).toBeGreaterThan(0);
    }
    expect(mass.map((m) => m.weight)).toEqual(mass.map((m) => m.weight).toSorted((x, y) => y - x));
    const notes = new Set(states[6]!.pools.flatMap((pool) => Array.from(pool.positions.subarray(0, pool.count))));
    expect(mass.some(({ position }) => notes.has(position))).toBe(true);
  });
});

describe('logProbs', () => {
  it('are those of the decoder, for every token but the first', async () => {
    const text = ids.subarray(2 * block, 3 * block + 30);
    const probs = await engine.logProbs(states[1]!, text);
    expect(probs).toHaveLength(text.length - 1);
    for (const t of [1, 60, block, block + 29]) {
      const { logits } = await engine.decoder(states[1]!, text.subarray(0, t));
      const norm = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
      expect(probs[t - 1]).toBeCloseTo(logits[text[t]!]! - norm, 2);
    }
    expect(await engine.logProbs(states[1]!, ids.subarray(0, 1))).toHaveLength(0);
  });
});
