/** Index of the first of ascending values that is at least `value`; their number when there is none. */
export function firstAtLeast<T extends number | string>(values: ArrayLike<T>, value: T): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the last of ascending whole numbers that is at most `value`; -1 when there is none. */
export function lastAtMost(values: ArrayLike<number>, value: number): number {
  return firstAtLeast(values, value + 1) - 1;
}
