import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, normalize, quantize } from '../../../src/common';

it.each([
  [
    [3, 4],
    [0.6, 0.8],
  ],
  [
    [0, -2],
    [0, -1],
  ],
  [
    [0, 0],
    [0, 0],
  ],
])('makes %j a unit vector, unless it is zero', (values, unit) => {
  const vector = Float64Array.from(values);
  normalize(vector);
  expect([...vector]).toEqual(unit);
  expect(lengthOf(vector)).toBe(unit.some((value) => value !== 0) ? 1 : 0);
});

describe('quantize', () => {
  it('keeps every number within half a step, and says zero for zeros', () => {
    const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(numbers, (list) => {
        const into = new Int8Array(list.length + 2).fill(3);
        const scale = quantize(Float64Array.from(list), into, 1);
        const most = Math.max(...list.map(Math.abs));
        list.forEach((value, i) => {
          expect(Math.abs(into[1 + i]! * scale - value)).toBeLessThanOrEqual((most / 127) * 0.50001 + 1e-30);
        });
        expect([into[0], into.at(-1)]).toEqual([3, 3]);
      }),
    );
    const into = new Int8Array(2).fill(7);
    expect(quantize(new Float64Array(2), into, 0)).toBe(0);
    expect(quantize(Float64Array.of(NaN, Infinity), into, 0)).toBe(0);
    expect([...into]).toEqual([0, 0]);
  });
});
