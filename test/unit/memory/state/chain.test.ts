import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainKeys } from '../../../../src/memory/state/chain';
import { checkpointStride, isCheckpoint } from '../../../../src/memory/state/checkpoints';

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
  it('keeps 25 states at most, the last one always, with a power of two between them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200_000 }), (blocks) => {
        const stride = checkpointStride(blocks);
        const kept = Array.from({ length: blocks + 1 }, (_, i) => i).filter((i) => isCheckpoint(i, blocks));
        expect(kept.length).toBeLessThanOrEqual(25);
        expect(kept.at(-1)).toBe(blocks);
        expect(Number.isInteger(Math.log2(stride))).toBe(true);
        expect(stride).toBeGreaterThanOrEqual(16);
        for (const block of kept.slice(0, -1)) expect(block % stride).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
