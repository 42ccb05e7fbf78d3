import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { correlation, ranks, spearman } from '../../../bench/correlation';
import { fidelity } from '../../../bench/fidelity';
import { plantedDocument } from '../../../bench/planted';
import { seededRandom } from '../../../src/engine/random';
import { tinyModelDir } from '../../support/tinyModel';

/** Any parsed JSON. */
type Json = ReturnType<typeof JSON.parse>;

const root = fileURLToPath(new URL('../../fixtures/held-out', import.meta.url));
const files = ['queryClient.ts', 'tsdemuxer.ts'].map((name) => ({
  language: 'typescript',
  name,
  bytes: readFileSync(join(root, 'typescript', name)),
}));

describe("Spearman's correlation", () => {
  it('is 1 for any growing function, -1 for a falling one, 0 when nothing varies', () => {
    const x = [3, 1, 4, 1.5, 9, 2.6];
    expect(
      spearman(
        x,
        x.map((v) => Math.exp(v)),
      ),
    ).toBeCloseTo(1, 12);
    expect(
      spearman(
        x,
        x.map((v) => -v),
      ),
    ).toBeCloseTo(-1, 12);
    expect(spearman(x, [1, 1, 1, 1, 1, 1])).toBe(0);
  });

  it('gives equal values the mean of their ranks', () => {
    expect(ranks([10, 20, 10, 5])).toEqual([2.5, 4, 2.5, 1]);
    // By hand: ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4).
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
  });

  it('lies between -1 and 1 and does not care about the order of the cases', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ max: 9, min: 0 }), fc.integer({ max: 9, min: 0 }))), (pairs) => {
        const rho = (list: [number, number][]): number =>
          spearman(
            list.map(([a]) => a),
            list.map(([, b]) => b),
          );
        expect(Math.abs(rho(pairs))).toBeLessThanOrEqual(1 + 1e-12);
        expect(rho(pairs.toReversed())).toBeCloseTo(rho(pairs), 12);
      }),
    );
  });

  it('has an interval that holds it and narrows with the cases', () => {
    const random = seededRandom(4);
    const groups = (count: number): { metric: number; recall: number }[][] =>
      Array.from({ length: count }, () =>
        Array.from({ length: 4 }, () => {
          const metric = random();
          return { metric, recall: metric + random() };
        }),
      );
    const [few, many] = [correlation(groups(6), random, 300), correlation(groups(60), random, 300)];
    for (const { rho, low, high } of [few, many]) {
      expect(low).toBeLessThanOrEqual(rho);
      expect(high).toBeGreaterThanOrEqual(rho);
    }
    expect(many.cases).toBe(240);
    expect(many.high - many.low).toBeLessThan(few.high - few.low);
  });
});

describe('a document with planted keys', () => {
  it('holds every value where it says, under a name that stands nowhere else', () => {
    for (const seed of [1, 2, 3]) {
      const { bytes, keys } = plantedDocument(files, { size: 9000, count: 40, seed });
      expect(keys).toHaveLength(40);
      const text = bytes.toString('utf8');
      for (const { name, value, start, end } of keys) {
        expect(bytes.toString('utf8', start, end)).toBe(value);
        expect(text.split(`export const ${name} = ${value};\n`)).toHaveLength(2);
        expect(text.split(name)).toHaveLength(2);
      }
      expect(keys.map(({ start }) => start)).toEqual(keys.map(({ start }) => start).toSorted((a, b) => a - b));
    }
  });
});

describe('the fidelity bench', () => {
  it('runs on a small scale, gives cases with every metric, and a worth per metric that the probe takes', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const result: Json = await fidelity({ modelDir: tinyModelDir, scale: 0.04, seed: 1 }, files);
    expect(result.weights_sha256).toBe(
      JSON.parse(readFileSync(join(tinyModelDir, 'probe.json'), 'utf8')).weights_sha256,
    );
    expect(result.cases.length).toBeGreaterThanOrEqual(10);
    for (const one of result.cases) {
      expect(one.recall).toBeGreaterThan(0);
      expect(one.recall).toBeLessThanOrEqual(1);
      expect(Math.abs(one.functional)).toBeLessThanOrEqual(1);
      expect(Math.abs(one.vertical)).toBeLessThanOrEqual(1);
      expect(Math.abs(one.representational)).toBeLessThanOrEqual(2);
      expect(one.distance).toBeGreaterThan(0);
    }
    expect(Object.keys(result.worth).sort()).toEqual(['functional', 'representational', 'vertical']);
    for (const { rho, low, high, cases } of Object.values<Json>(result.worth)) {
      for (const number of [rho, low, high]) expect(Math.abs(number)).toBeLessThanOrEqual(1);
      expect(cases).toBeGreaterThan(1);
    }
    vi.restoreAllMocks();
  });
});
