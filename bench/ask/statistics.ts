import { seededRandom } from '../../src/engine/random';
import { inRandomOrder } from '../statistics';

const SAMPLES = 1000;

/** A mean with its 95 % bootstrap interval. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
  cases: number;
}

/** 95 % interval of a mean by resampling the cases. */
export function estimate(values: readonly number[]): Estimate {
  return { ...averageEstimate([values]), cases: values.length };
}

/** The mean over groups (languages) with equal weights; cases are resampled within their group. */
export function averageEstimate(groups: readonly (readonly number[])[]): Estimate {
  const filled = groups.filter(({ length }) => length > 0);
  const mean = average(filled.map(average));
  const random = seededRandom(7);
  const means = Array.from({ length: SAMPLES }, () =>
    average(filled.map((values) => average(values.map(() => values[Math.floor(random() * values.length)]!)))),
  ).sort((a, b) => a - b);
  const at = (share: number): number => means[Math.floor(share * (SAMPLES - 1))] ?? mean;
  return { mean, low: at(0.025), high: at(0.975), cases: filled.reduce((sum, { length }) => sum + length, 0) };
}

export function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Shuffles a list, always in the same way. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return inRandomOrder(items, seededRandom(seed));
}
