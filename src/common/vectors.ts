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

/**
 * Writes a vector as integers up to `unit`. Archived notes divide by the rounded scale instead, which gives another byte in one of a
 * million cases: both are stored, so the two must not be unified.
 *
 * @returns the scale to multiply by; 0 for a zero vector
 */
export function quantize(
  vector: Float64Array | Float32Array,
  into: Int8Array | Int16Array,
  at: number,
  unit = 127,
): number {
  let most = 0;
  for (const value of vector) most = Math.max(most, Math.abs(value));
  if (!(most > 0 && most < Infinity)) {
    into.fill(0, at, at + vector.length);
    return 0;
  }
  for (let i = 0; i < vector.length; i++) into[at + i] = Math.round((vector[i]! / most) * unit);
  return most / unit;
}
