import type { FidelityMean } from '../../common';

/** Bootstrap repetitions: enough for two digits. */
const REPETITIONS = 400;

/** With fewer blocks than this, the spread between blocks is unknown; then tokens are drawn instead. */
const MIN_BLOCKS = 3;

/** A value of a token, and the block that the token is in. */
export interface BlockValue {
  readonly block: number;
  readonly value: number;
}

/**
 * Mean with its 95 % bootstrap interval. Tokens of one block are correlated, so whole blocks are drawn when there are three or
 * more.
 * @param values at least one @param random returns numbers in [0, 1)
 */
export function meanWithInterval(values: readonly BlockValue[], random: () => number): FidelityMean {
  const groups = [...Map.groupBy(values, ({ block }) => block).values()].map(sumOf);
  const drawn = groups.length >= MIN_BLOCKS ? groups : values.map((one) => sumOf([one]));
  const means = Array.from({ length: REPETITIONS }, () => {
    const again = drawn.map(() => drawn[Math.floor(random() * drawn.length)]!);
    return again.reduce((sum, one) => sum + one.sum, 0) / again.reduce((count, one) => count + one.count, 0);
  }).sort((a, b) => a - b);
  const all = sumOf(values);
  return {
    mean: all.sum / all.count,
    low: means[Math.floor(0.025 * REPETITIONS)]!,
    high: means[Math.ceil(0.975 * REPETITIONS) - 1]!,
    count: values.length,
  };
}

function sumOf(values: readonly BlockValue[]): { sum: number; count: number } {
  return { sum: values.reduce((total, { value }) => total + value, 0), count: values.length };
}
