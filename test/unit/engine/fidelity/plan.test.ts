import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceEdges, planSamples, type PlanInput } from '../../../../src/engine/fidelity/plan';

const blockSize = 128;

const text = fc
  .record({
    tokens: fc.integer({ min: 1, max: 60_000 }),
    headerTokens: fc.integer({ min: 1, max: 200 }),
    samples: fc.integer({ min: 1, max: 400 }),
    seed: fc.integer(),
    stride: fc.constantFrom(0, 16, 64),
  })
  .map(({ tokens, stride, ...rest }): PlanInput => {
    const readTokens = Math.floor(tokens / blockSize) * blockSize;
    const checkpoints = stride === 0 ? [] : steps(stride * blockSize, readTokens);
    return { ...rest, tokens, readTokens, blockSize, checkpoints };
  });

function steps(size: number, end: number): number[] {
  return Array.from({ length: Math.floor(end / size) }, (_, i) => (i + 1) * size);
}

describe('the choice of samples', () => {
  it('takes tokens of the text that were read, each once, block by block', () => {
    fc.assert(
      fc.property(text, (input) => {
        const plan = planSamples(input);
        const positions = plan.flatMap((block) => block.positions);
        expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
        for (const { block, positions: own } of plan) {
          for (const position of own) {
            expect(Math.floor(position / blockSize)).toBe(block);
            expect(position).toBeGreaterThanOrEqual(input.headerTokens);
            expect(position).toBeLessThan(input.readTokens);
          }
        }
        expect(plan.length).toBeLessThanOrEqual(24);
        const available = Math.floor(input.readTokens / blockSize) - Math.floor(input.headerTokens / blockSize);
        expect(plan.length).toBeGreaterThanOrEqual(Math.max(0, Math.min(3, available)));
      }),
      { numRuns: 100 },
    );
  });

  it('is the same for the same seed, and another for another', () => {
    const input: PlanInput = {
      tokens: 50_000,
      headerTokens: 4,
      readTokens: 49_920,
      blockSize,
      checkpoints: [],
      samples: 100,
      seed: 5,
    };
    expect(planSamples(input)).toEqual(planSamples({ ...input }));
    expect(planSamples(input)).not.toEqual(planSamples({ ...input, seed: 6 }));
  });

  it('samples every range of distances of a text of a million tokens, mostly just after stored states', () => {
    const tokens = 1_000_000;
    const readTokens = 999_936;
    const stride = 512 * blockSize;
    const checkpoints = [...steps(stride, readTokens), readTokens];
    const plan = planSamples({ tokens, headerTokens: 5, readTokens, blockSize, checkpoints, samples: 192, seed: 1 });
    const edges = distanceEdges(tokens);
    const ranges = new Set(
      plan.flatMap(({ positions }) => positions.map((p) => edges.findLastIndex((e) => tokens - p >= e))),
    );
    expect([...ranges].sort()).toEqual(edges.map((_, i) => i));
    const last = checkpoints.at(-2)!;
    const far = plan.filter(({ block }) => block * blockSize < last);
    expect(far.length).toBeGreaterThan(0);
    for (const { block } of far) {
      expect((block * blockSize) % stride).toBeLessThan(8 * blockSize);
    }
  });

  it('finds nothing to look at in a text shorter than a block', () => {
    expect(
      planSamples({ tokens: 90, headerTokens: 3, readTokens: 0, blockSize, checkpoints: [], samples: 9, seed: 1 }),
    ).toEqual([]);
  });
});
