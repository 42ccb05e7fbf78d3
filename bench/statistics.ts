import { seededRandom } from '../src/engine/random';

/** A share with its 95 % interval, all in 0..1. */
export interface Share {
  hits: number;
  cases: number;
  share: number;
  low: number;
  high: number;
}

/** Share and 95 % Wilson interval; without cases, 0 to 1. */
export function wilson(hits: number, cases: number): Share {
  if (cases === 0) return { hits, cases, share: Number.NaN, low: 0, high: 1 };
  const z = 1.96;
  const p = hits / cases;
  const centre = (p + z ** 2 / (2 * cases)) / (1 + z ** 2 / cases);
  const half = (z * Math.sqrt((p * (1 - p)) / cases + z ** 2 / (4 * cases ** 2))) / (1 + z ** 2 / cases);
  return { hits, cases, share: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** `93.3 % (78.7-98.2) of 30` */
export function describeShare({ cases, share, low, high }: Share): string {
  const percent = (x: number): string => (100 * x).toFixed(1);
  return cases === 0 ? 'no cases' : `${percent(share)} % (${percent(low)}-${percent(high)}) of ${cases}`;
}

/** The value below which `part` of the numbers are, by nearest rank. @throws RangeError without numbers */
export function quantile(numbers: readonly number[], part: number): number {
  if (numbers.length === 0) throw new RangeError('no numbers, no quantile');
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))]!;
}

export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);

export const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/**
 * 95 % percentile-bootstrap interval of a statistic.
 *
 * @param groups drawn with replacement: cases, or groups of cases that are not independent
 * @param statistic of a drawn set; draws for which it is not finite (a share of nothing) are left out
 * @returns undefined when too few draws have a value
 */
export function bootstrap<T>(
  groups: readonly T[],
  statistic: (drawn: readonly T[]) => number,
  draws = 2000,
): { low: number; high: number } | undefined {
  const random = seededRandom(20_261_122);
  const values: number[] = [];
  for (let i = 0; i < draws; i++) {
    const value = statistic(groups.map(() => groups[Math.floor(random() * groups.length)]!));
    if (Number.isFinite(value)) values.push(value);
  }
  // With this many draws without a value, an interval of the others would promise too much.
  if (values.length < 0.9 * draws) return undefined;
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** A copy in random order (Fisher and Yates). @param random returns numbers in [0, 1) */
export function inRandomOrder<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
