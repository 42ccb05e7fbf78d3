/** A typical line of code. */
export const line = (i: number): string =>
  `export const value${i} = compute(${i}, "name ${i}"); // entry number ${i}\n`;

/** This many lines of code. */
export const lines = (count: number): string => Array.from({ length: count }, (_, i) => line(i)).join('');
