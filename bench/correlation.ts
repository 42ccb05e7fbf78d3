/** Ranks from 1; equal values share the mean of their ranks. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return result;
}

/** Spearman's rank correlation; 0 when one side does not vary. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  x.forEach((rank, i) => {
    xy += (rank - middle) * (y[i]! - middle);
    xx += (rank - middle) ** 2;
    yy += (y[i]! - middle) ** 2;
  });
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

export interface Correlation {
  rho: number;
  low: number;
  high: number;
  cases: number;
}

/**
 * Spearman's correlation with its 95 % bootstrap interval. Whole groups are drawn (cases of one document resemble each other).
 * @param random numbers in [0, 1)
 */
export function correlation(
  groups: readonly (readonly { metric: number; recall: number }[])[],
  random: () => number,
  repetitions = 1000,
): Correlation {
  const rho = (drawn: readonly (readonly { metric: number; recall: number }[])[]): number => {
    const all = drawn.flat();
    return spearman(
      all.map(({ metric }) => metric),
      all.map(({ recall }) => recall),
    );
  };
  const again = Array.from({ length: repetitions }, () =>
    rho(groups.map(() => groups[Math.floor(random() * groups.length)]!)),
  ).sort((a, b) => a - b);
  return {
    rho: rho(groups),
    low: again[Math.floor(0.025 * repetitions)]!,
    high: again[Math.ceil(0.975 * repetitions) - 1]!,
    cases: groups.flat().length,
  };
}
