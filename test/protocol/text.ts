/** A line of code like many others. */
export const line = (i: number): string =>
  `export const value${i} = compute(${i}, "name ${i}"); // entry number ${i}\n`;

/** So many lines of code. */
export const lines = (count: number): string => Array.from({ length: count }, (_, i) => line(i)).join('');
