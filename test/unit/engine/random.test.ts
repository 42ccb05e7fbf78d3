import { expect, it } from 'vitest';
import { seededRandom } from '../../../src/engine/random';

it('gives the same numbers from 0 to 1 for the same seed, and others for another', () => {
  const draw = (seed: number): number[] => Array.from({ length: 20 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(2)).not.toEqual(draw(1));
  for (const x of draw(1)) expect(x >= 0 && x < 1).toBe(true);
});
