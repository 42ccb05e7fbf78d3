/** Euclidean length. */
export function lengthOf(vector: Float64Array | Float32Array): number {
  let square = 0;
  for (const value of vector) square += value * value;
  return Math.sqrt(square);
}

/** Scales a vector to length one, unless it is zero. */
export function normalize(vector: Float64Array | Float32Array): void {
  const length = lengthOf(vector);
  if (!(length > 0)) return;
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
}
