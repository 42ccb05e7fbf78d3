import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinearMap, logDeterminant } from '../../../../src/engine/fidelity/linear';
import { LayerMoments } from '../../../../src/engine/fidelity/vertical';
import { seededRandom } from '../../../../src/engine/random';

const d = 4;

/** Rows of independent normal numbers (Box-Muller). */
function normal(rows: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from(
    { length: rows * d },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** Every row times a matrix, plus a shift. */
function mapped(x: Float32Array, matrix: readonly number[], shift = 0): Float32Array {
  const map = new LinearMap(Float32Array.from(matrix), new Float32Array(d).fill(shift));
  const rows = Array.from({ length: x.length / d }, (_, t) => [...map.apply(x.subarray(t * d, (t + 1) * d))]);
  return Float32Array.from(rows.flat());
}

function moments(x: Float32Array, y: Float32Array, probe?: LinearMap): LayerMoments {
  const sums = new LayerMoments(d, probe);
  sums.add(x, y);
  return sums;
}

const identity: number[] = Array.from({ length: d * d }, (_, k) => (k % (d + 1) === 0 ? 1 : 0));

/** A rotation in the plane of two axes. */
function rotation(angle: number, a = 0, b = 2): number[] {
  const matrix = [...identity];
  matrix[a * d + a] = matrix[b * d + b] = Math.cos(angle);
  matrix[a * d + b] = -Math.sin(angle);
  matrix[b * d + a] = Math.sin(angle);
  return matrix;
}

describe('linear CKA', () => {
  it('is 1 for identical streams', () => {
    const x = normal(200, 1);
    expect(moments(x, x).cka()).toBeCloseTo(1, 9);
  });

  it('does not change when a stream is rotated, scaled and shifted', () => {
    const x = normal(300, 2);
    const y = Float32Array.from(mapped(x, [1, 2, 0, 0, 0, 1, 1, 0, 0, 0, 3, 1, 1, 0, 0, 1]), (v, i) =>
      i % 3 === 0 ? v ** 2 : v,
    );
    const plain = moments(x, y).cka();
    expect(plain).toBeLessThan(0.99);
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (angle, scale, shift) => {
          const turned = mapped(
            x,
            rotation(angle).map((v) => v * scale),
            shift,
          );
          expect(moments(turned, y).cka()).toBeCloseTo(plain, 4);
          expect(moments(y, turned).cka()).toBeCloseTo(plain, 4);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is near 0 for independent streams, and 0 for one that does not vary', () => {
    expect(moments(normal(4000, 3), normal(4000, 4)).cka()).toBeLessThan(0.01);
    expect(moments(normal(100, 5), new Float32Array(100 * d)).cka()).toBe(0);
  });

  it('is the same however the rows were cut', () => {
    const [x, y] = [
      normal(100, 6),
      mapped(
        normal(100, 6),
        rotation(1).map((v, i) => v + (i % 2)),
      ),
    ];
    const sums = new LayerMoments(d, undefined);
    for (const [from, to] of [
      [0, 7],
      [7, 60],
      [60, 100],
    ] as const)
      sums.add(x.subarray(from * d, to * d), y.subarray(from * d, to * d));
    expect(sums.cka()).toBeCloseTo(moments(x, y).cka(), 12);
    expect(sums.rows).toBe(100);
  });
});

describe('the information bound', () => {
  const probe = (scale = 1): LinearMap =>
    new LinearMap(Float32Array.from(identity.map((v) => v * scale)), new Float32Array(d));

  it('is that of the Gaussian channel y = x + noise when the probe is the best one', () => {
    const x = normal(20_000, 7);
    const noise = normal(20_000, 8);
    const y = x.map((v, i) => v + 0.5 * noise[i]!);
    const { nats, explained } = moments(x, y, probe()).information();
    // ½ ln(1 + signal / noise) per dimension, with signal 1 and noise ¼.
    expect(nats).toBeCloseTo(d * 0.5 * Math.log(5), 1);
    expect(explained).toBeCloseTo(0.8, 1);
  });

  it('is never above what the best probe gives', () => {
    const x = normal(5000, 9);
    const noise = normal(5000, 10);
    const y = x.map((v, i) => v + noise[i]!);
    const best = moments(x, y, probe()).information().nats;
    for (const scale of [0.2, 0.6, 1.4, -1]) {
      expect(moments(x, y, probe(scale)).information().nats).toBeLessThan(best);
    }
  });

  it('does not change when the upper stream is mixed, if the probe is mixed with it', () => {
    const x = normal(2000, 11);
    const noise = normal(2000, 12);
    const y = x.map((v, i) => v + 0.7 * noise[i]!);
    const mix = [2, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 3, 1, 0, 0, 1];
    const mixed = new LinearMap(Float32Array.from(mix), new Float32Array(d));
    const plain = moments(x, y, probe()).information().nats;
    expect(moments(x, mapped(y, mix), mixed).information().nats).toBeCloseTo(plain, 2);
  });

  it('is 0 for a probe that says nothing about a stream without variance', () => {
    expect(moments(normal(50, 13), new Float32Array(50 * d), probe()).information()).toEqual({ explained: 0, nats: 0 });
  });
});

describe('log determinant', () => {
  it('is that of a known matrix, and refuses one that is not positive definite', () => {
    expect(logDeterminant(Float64Array.of(4, 0, 2, 3), 2)).toBeCloseTo(Math.log(8), 12);
    expect(() => logDeterminant(Float64Array.of(1, 0, 2, 1), 2)).toThrow(RangeError);
  });
});
