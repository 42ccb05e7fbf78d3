import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainKeys } from '../../../../src/memory/state/chain';
import { isCheckpoint } from '../../../../src/memory/state/checkpoints';

const root = { modelId: 'm', tokenizerId: 't' };
const hex = (keys: Buffer[]): string[] => keys.map((key) => key.toString('hex'));
const tokens = fc.uint32Array({ maxLength: 60, max: 3 });

describe('chainKeys', () => {
  it('gives one key per block boundary, and none to an incomplete block', () => {
    expect(chainKeys(root, new Uint32Array(0), 4)).toHaveLength(1);
    expect(chainKeys(root, new Uint32Array(7), 4)).toHaveLength(2);
    expect(chainKeys(root, new Uint32Array(8), 4)).toHaveLength(3);
  });

  it('gives two texts the same key exactly where they agree up to there', () => {
    fc.assert(
      fc.property(tokens, tokens, (a, b) => {
        const [x, y] = [hex(chainKeys(root, a, 4)), hex(chainKeys(root, b, 4))];
        for (let i = 0; i < Math.min(x.length, y.length); i++) {
          expect(x[i] === y[i]).toBe(a.subarray(0, 4 * i).join() === b.subarray(0, 4 * i).join());
        }
      }),
    );
  });

  it('depends on model, tokenizer and block size', () => {
    const ids = new Uint32Array(8);
    const all = [
      chainKeys(root, ids, 4),
      chainKeys({ ...root, modelId: 'n' }, ids, 4),
      chainKeys({ ...root, tokenizerId: 'u' }, ids, 4),
      chainKeys(root, ids, 8),
    ].flatMap(hex);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('checkpoints', () => {
  it('keeps the last state, one within 16 blocks before it, and few others, half of the text apart at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: 200_000 }), (blocks) => {
        const kept = Array.from({ length: blocks + 1 }, (_, i) => i).filter((i) => isCheckpoint(i, blocks));
        expect(kept.length).toBeLessThanOrEqual(5 + Math.log2(blocks));
        expect(kept.at(-1)).toBe(blocks);
        expect(blocks - kept.at(-2)!).toBeLessThanOrEqual(16);
        const gaps = kept.map((block, i) => block - (kept[i - 1] ?? 0));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(32, blocks / 2));
        for (const block of kept.slice(0, -1)) expect(block % 16).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps most states of a text that grows', () => {
    const kept = (blocks: number): number[] =>
      Array.from({ length: blocks }, (_, i) => i).filter((i) => isCheckpoint(i, blocks));
    expect(kept(101)).toEqual([32, 64, 96]);
    expect(kept(120)).toEqual([32, 64, 96, 112]);
    expect(kept(1172)).toEqual([512, 1024, 1152, 1168]);
  });
});
