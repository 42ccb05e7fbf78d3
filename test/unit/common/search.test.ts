import { describe, expect, it } from 'vitest';
import { firstAtLeast } from '../../../src/common';

describe('searching ascending values', () => {
  it('finds places in ascending numbers', () => {
    expect(firstAtLeast([1, 3, 3, 8], 3)).toBe(1);
    expect(firstAtLeast([1, 3, 3, 8], 9)).toBe(4);
    expect(firstAtLeast([], 1)).toBe(0);
  });

  it('finds places in ascending texts', () => {
    expect(firstAtLeast(['a', 'ab', 'b'], 'aa')).toBe(1);
    expect(firstAtLeast(['a', 'ab', 'b'], 'c')).toBe(3);
  });
});
