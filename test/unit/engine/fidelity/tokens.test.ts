import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cueBefore, surpriseRemoved } from '../../../../src/engine/fidelity/functional';
import { meanWithInterval } from '../../../../src/engine/fidelity/interval';
import { cosine } from '../../../../src/engine/fidelity/linear';
import { seededRandom } from '../../../../src/engine/random';

describe('the share of surprise that memory removes', () => {
  const logProbability = fc.double({ min: -40, max: 0, noNaN: true });

  it('lies between -1 and 1, is 0 for equal probabilities and grows with what memory adds', () => {
    fc.assert(
      fc.property(logProbability, logProbability, (a, b) => {
        const score = surpriseRemoved(a, b);
        expect(Math.abs(score)).toBeLessThanOrEqual(1);
        expect(surpriseRemoved(b, a)).toBeCloseTo(-score, 12);
        expect(surpriseRemoved(a, a)).toBe(0);
        expect(surpriseRemoved(a / 2, b)).toBeGreaterThanOrEqual(score);
      }),
    );
  });

  it('is 1 when only memory makes a token certain, and small for a token that needs none', () => {
    expect(surpriseRemoved(0, -12)).toBe(1);
    expect(surpriseRemoved(-1e-9, -0.01)).toBeLessThan(0.02);
  });
});

describe('the cue of a token', () => {
  const LINE_END = 10;
  const isLineEnd = (id: number): boolean => id === LINE_END;
  const tokens = (lineEnds: number[]): Uint32Array =>
    Uint32Array.from({ length: 100 }, (_, i) => (lineEnds.includes(i) ? LINE_END : 100 + i));

  it('begins with the line end before it', () => {
    expect([...cueBefore(tokens([30]), 50, 3, isLineEnd, LINE_END)]).toEqual([
      LINE_END,
      ...Array.from({ length: 19 }, (_, i) => 131 + i),
    ]);
  });

  it('has at least 12 tokens, and 24 where no line begins among them', () => {
    expect(cueBefore(tokens([45]), 50, 3, isLineEnd, LINE_END)).toHaveLength(25);
    expect(cueBefore(tokens([20]), 50, 3, isLineEnd, LINE_END)[0]).toBe(LINE_END);
    expect(cueBefore(tokens([37]), 50, 3, isLineEnd, LINE_END)).toHaveLength(13);
    expect(cueBefore(tokens([38]), 50, 3, isLineEnd, LINE_END)).toHaveLength(25);
  });

  it('does not reach before the text', () => {
    expect([...cueBefore(tokens([]), 5, 3, isLineEnd, LINE_END)]).toEqual([LINE_END, 103, 104]);
    expect([...cueBefore(tokens([]), 3, 3, isLineEnd, LINE_END)]).toEqual([LINE_END]);
  });
});

describe('a mean with its interval', () => {
  it('holds the mean, widens with the spread between blocks and is repeated exactly', () => {
    const values = Array.from({ length: 60 }, (_, i) => ({ block: i % 6, value: (i % 6) / 5 }));
    const result = meanWithInterval(values, seededRandom(3));
    expect(result.mean).toBeCloseTo(0.5, 12);
    expect(result.count).toBe(60);
    expect(result.low).toBeLessThan(0.4);
    expect(result.high).toBeGreaterThan(0.6);
    expect(meanWithInterval(values, seededRandom(3))).toEqual(result);
    // Drawing tokens as if they were independent would give an interval several times narrower.
    const independent = meanWithInterval(
      values.map(({ value }, i) => ({ block: i, value })),
      seededRandom(3),
    );
    expect(result.high - result.low).toBeGreaterThan(1.5 * (independent.high - independent.low));
  });

  it('of one value is that value', () => {
    expect(meanWithInterval([{ block: 0, value: 0.3 }], Math.random)).toEqual({
      mean: 0.3,
      low: 0.3,
      high: 0.3,
      count: 1,
    });
  });
});

describe('cosine', () => {
  it('is that of the angle, and 0 for nothing', () => {
    expect(cosine([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(cosine([1, 2], [-2, -4])).toBeCloseTo(-1, 12);
    expect(cosine([0, 0], [1, 1])).toBe(0);
  });
});
