import { expect, it } from 'vitest';
import { lengthOf, normalize } from '../../../src/common';

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
