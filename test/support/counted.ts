/** The same tokens, and how many of them were read so far: an operation count instead of a clock. */
export function counted(tokens: readonly number[]): { tokens: ArrayLike<number>; reads: () => number } {
  let reads = 0;
  const watched = new Proxy(tokens, {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) reads++;
      return Reflect.get(target, name) as unknown;
    },
  });
  return { tokens: watched, reads: () => reads };
}
