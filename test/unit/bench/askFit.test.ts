import { describe, expect, it } from 'vitest';
import { Question } from '../../../src/server/ask/text/question';
import { SIGNALS, signalWeights, type Candidate, type Signal } from '../../../src/server/ask/rank/signals';
import { fitWeights, worth, type Sample } from '../../../bench/ask/fit';
import { seededRandom } from '../../../src/engine/random';

const random = seededRandom(1);

/** Questions whose right candidate stands out in some signals, among random others. */
function samples(telling: readonly Signal[], chance: readonly Signal[]): Sample[] {
  return Array.from({ length: 60 }, () => {
    const candidates = Array.from({ length: 12 }, (_, i) => {
      const signals = Object.fromEntries(SIGNALS.map((name) => [name, 0])) as Record<Signal, number>;
      for (const name of telling) signals[name] = 0.5 * random() + (i === 5 ? 0.4 : 0);
      for (const name of chance) signals[name] = random();
      return { signals, score: 0 } as Candidate;
    });
    return {
      kind: 'needles',
      question: new Question('x'),
      ranked: { candidates, known: 1 },
      right: candidates.map((_, i) => i === 5),
    };
  });
}

describe('fitWeights', () => {
  it('finds the signals that tell, beside words that mislead', () => {
    const { weights, before, after } = fitWeights(samples(['description'], ['words', 'embedding']), signalWeights);
    expect(weights.words).toBe(1);
    expect(weights.description).toBeGreaterThan(weights.embedding + 1);
    expect(after).toBeGreaterThan(before + 0.3);
    expect(after).toBeGreaterThan(0.85);
  });

  it('gives a model without an embedding no weight for one', () => {
    const { weights, before, after } = fitWeights(samples(['words', 'named'], ['pairs']), signalWeights);
    expect(weights).toMatchObject({ embedding: 0, description: 0 });
    expect(after).toBeGreaterThanOrEqual(before);
  });
});

describe('worth', () => {
  it('lets no kind of question pay for another', () => {
    const before = new Map([
      ['files', 0.9],
      ['pairs', 0.5],
    ]);
    const balanced = new Map([
      ['files', 0.9],
      ['pairs', 0.54],
    ]);
    const paid = new Map([
      ['files', 0.84],
      ['pairs', 0.61],
    ]);
    expect(worth(before, before)).toBeCloseTo(0.7);
    expect(worth(balanced, before)).toBeCloseTo(0.72);
    expect(worth(paid, before)).toBeCloseTo(0.695);
  });
});
