import fc from 'fast-check';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type ModelConfig } from '../../../src/engine/config';
import { blockRows, logSigmoid, mergePool, selectCandidates } from '../../../src/engine/notes';
import { initialState, type NotePool } from '../../../src/engine/state';
import { tinyModel } from './model';

let config: ModelConfig;
beforeAll(async () => {
  config = await loadConfig(join(tinyModel));
});

interface Note {
  position: number;
  token: number;
  score: number;
  key: number[];
  value: number[];
}

/** The rule in its simplest form: all candidates so far, sorted, the best kept, those of the last blocks first. */
function naive(blocks: Note[][], { protectedBlocks }: ModelConfig): Note[] {
  const better = (a: Note, b: Note): number => b.score - a.score || a.position - b.position;
  const young = ({ position }: Note): number =>
    Number(position >= (blocks.length - protectedBlocks) * config.blockSize);
  const candidates = blocks.flatMap((block) => block.toSorted(better).slice(0, config.notesPerBlock));
  return candidates
    .toSorted((a, b) => young(b) - young(a) || better(a, b))
    .slice(0, config.poolSize)
    .toSorted((a, b) => a.position - b.position);
}

/** The notes of a pool, read from the graph's layout. */
function contents(pool: NotePool): Note[] {
  const { noteWidth, noteHeadDim: e, poolSize } = config;
  const columns = Array.from({ length: noteWidth }, (_, row) => row);
  return Array.from({ length: pool.count }, (_, slot) => ({
    position: pool.positions[slot]!,
    token: pool.tokens[slot]!,
    score: pool.scores[slot]!,
    key: columns.map((row) => pool.key[row * poolSize + slot]!),
    value: columns.map((row) => pool.value[(Math.floor(row / e) * poolSize + slot) * e + (row % e)]!),
  })).toSorted((a, b) => a.position - b.position);
}

describe('notes', () => {
  it('selects the best scores, of equal ones the earlier token', () => {
    expect(selectCandidates(Float32Array.of(1, 3, 2, 3, 3, 0), 3)).toEqual([1, 3, 4]);
    expect(selectCandidates(Float32Array.of(2, 2, 2, 2), 2)).toEqual([0, 1]);
    expect(selectCandidates(Float32Array.of(2, 1), 5)).toEqual([0, 1]);
  });

  it.each([0, 2, 100])(
    'keeps what the plain rule keeps, ties and evictions included; %i blocks protected',
    (blocks) => {
      const rule = { ...config, protectedBlocks: blocks };
      // Few different scores make ties; more blocks than the pool holds make evictions.
      const scoresOfBlocks = fc.array(
        fc.array(fc.integer({ min: -3, max: 6 }), { minLength: config.blockSize, maxLength: config.blockSize }),
        { minLength: 1, maxLength: 12 },
      );
      fc.assert(
        fc.property(scoresOfBlocks, (scoresOfBlock) => {
          let pool = initialState(config).pools[0]!;
          const read: Note[][] = [];
          scoresOfBlock.forEach((scores, b) => {
            const first = b * config.blockSize;
            const { noteWidth: w } = config;
            const key = new Float32Array(scores.length * w).map((_, i) => first * w + i);
            const value = key.map((x) => -x);
            const ids = Uint32Array.from(scores, (_, t) => (first + t) % 500);
            const rows = blockRows(config, ids, key, value, Float32Array.from(scores));
            const before = contents(pool);
            const next = mergePool(rule, pool, rows, 0, first);
            expect(contents(pool)).toEqual(before);
            pool = next;
            read.push(
              scores.map((score, t) => ({
                position: first + t,
                token: ids[t]!,
                score,
                key: Array.from(key.subarray(t * w, (t + 1) * w)),
                value: Array.from(value.subarray(t * w, (t + 1) * w)),
              })),
            );
            expect(contents(pool)).toEqual(naive(read, rule));
          });
          for (let slot = 0; slot < config.poolSize; slot++) {
            const expected = slot < pool.count ? Math.fround(logSigmoid(pool.scores[slot]!)) : -1e4;
            expect(pool.bias[slot]).toBe(Math.fround(expected));
          }
        }),
        { numRuns: 25 },
      );
    },
  );

  it('returns the same pool when no candidate is good enough', () => {
    const ids = new Uint32Array(config.blockSize);
    const zeros = new Float32Array(config.blockSize * config.noteWidth);
    const block = (score: number) =>
      blockRows(config, ids, zeros, zeros, new Float32Array(config.blockSize).fill(score));
    let pool = initialState(config).pools[0]!;
    let position = 0;
    for (; pool.count < config.poolSize; position += config.blockSize)
      pool = mergePool(config, pool, block(1), 0, position);
    expect(mergePool(config, pool, block(1), 0, position)).toBe(pool);
    expect(mergePool(config, pool, block(2), 0, position)).not.toBe(pool);
  });

  it('has little room for the notes of a short text, all of it for a longer one, and nothing in it but the notes', () => {
    const large = { ...config, poolSize: 4096, archiveSize: 64, notesPerBlock: config.blockSize };
    const ids = new Uint32Array(config.blockSize);
    const numbers = new Float32Array(config.blockSize * config.noteWidth).fill(0.5);
    const scores = new Float32Array(config.blockSize);
    let pool = initialState(large).pools[0]!;
    const room = new Set([pool.bias.length]);
    for (let position = 0; pool.count < large.poolSize; position += config.blockSize) {
      pool = mergePool(large, pool, blockRows(config, ids, numbers, numbers, scores), 0, position);
      room.add(pool.bias.length);
      const slots = pool.bias.length;
      expect([pool.positions, pool.tokens, pool.scores].map(({ length }) => length)).toEqual([slots, slots, slots]);
      expect(pool.key.filter((x) => x === 0.5)).toHaveLength(pool.count * config.noteWidth);
      expect(pool.value.subarray(0, pool.count * config.noteHeadDim).every((x) => x === 0.5)).toBe(true);
      expect(pool.bias.findLastIndex((x) => x > -1e4)).toBe(pool.count - 1);
      expect([...pool.positions.subarray(0, pool.count)]).toEqual(Array.from({ length: pool.count }, (_, i) => i));
    }
    expect([...room]).toEqual([512, 1024, 1536, 4096]);
  });

  it('computes log sigmoid without overflow', () => {
    for (const x of [-1000, -20, -1, 0, 1, 20, 1000]) {
      const expected = x < -500 ? x : Math.log(1 / (1 + Math.exp(-x)));
      expect(logSigmoid(x)).toBeCloseTo(expected, 8);
    }
  });
});
