import { describe, expect, it } from 'vitest';
import { likeliest, likeliestAmong } from '../../../src/engine/greedy';

describe('the likeliest token', () => {
  it('has the best logit, of equal ones the lowest id', () => {
    expect(likeliest(Float32Array.of(0, 2, 1, 2)).id).toBe(1);
    expect(likeliest(Float32Array.of(0, 2, 1, 2), new Set([1])).id).toBe(3);
  });

  it('has its probability among all tokens, also when others are banned', () => {
    const logits = Float32Array.of(Math.log(1), Math.log(3));
    expect(likeliest(logits).logProb).toBeCloseTo(Math.log(0.75), 6);
    expect(likeliest(logits, new Set([1])).logProb).toBeCloseTo(Math.log(0.25), 6);
  });

  it('of some tokens has its probability among these', () => {
    const logits = Float32Array.of(Math.log(1), Math.log(3), Math.log(7), Math.log(2));
    const { id, logProb } = likeliestAmong(Uint32Array.of(0, 1, 3), logits);
    expect(id).toBe(1);
    expect(logProb).toBeCloseTo(Math.log(0.5), 6);
  });
});
