import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/engine/random';
import { sample } from '../../../src/engine/sample';

const none: ReadonlySet<number> = new Set();
const unused = (): number => {
  throw new Error('greedy choice must not draw');
};

describe('sample', () => {
  it('takes the best logit when greedy, of equal ones the lowest id', () => {
    expect(sample(Float32Array.of(0, 2, 1, 2), {}, unused, none).id).toBe(1);
    expect(sample(Float32Array.of(0, 2, 1, 2), { temperature: 0 }, unused, new Set([1])).id).toBe(3);
  });

  it('gives the log probability of the whole distribution', () => {
    const { logProb } = sample(Float32Array.of(Math.log(1), Math.log(3)), {}, unused, none);
    expect(logProb).toBeCloseTo(Math.log(0.75), 6);
  });

  it('draws in proportion to the probabilities', () => {
    const random = seededRandom(7);
    const counts = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      counts[sample(Float32Array.of(Math.log(1), Math.log(2), Math.log(7)), { temperature: 1 }, random, none).id]!++;
    }
    expect(counts.map((c) => c / 20_000)).toEqual([0.1, 0.2, 0.7].map((p) => expect.closeTo(p, 1) as number));
  });

  it('stays within the smallest set that holds topP', () => {
    const logits = Float32Array.of(Math.log(5), Math.log(3), Math.log(2));
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999999, noNaN: true }), (r) => {
        expect(sample(logits, { temperature: 1, topP: 0.6 }, () => r, none).id).toBeLessThan(2);
        expect(sample(logits, { temperature: 1, topP: 0.1 }, () => r, none).id).toBe(0);
        expect(sample(logits, { temperature: 1, topP: 1 }, () => r, new Set([0, 1])).id).toBe(2);
      }),
    );
  });

  it('repeats with the same seed', () => {
    const [a, b, c] = [seededRandom(1), seededRandom(1), seededRandom(2)];
    const draws = Array.from({ length: 20 }, () => a());
    expect(Array.from({ length: 20 }, () => b())).toEqual(draws);
    expect(Array.from({ length: 20 }, () => c())).not.toEqual(draws);
    for (const x of draws) expect(x >= 0 && x < 1).toBe(true);
  });
});
