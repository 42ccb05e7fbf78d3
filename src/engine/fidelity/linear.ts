/** y = W x + b, in double precision. */
export class LinearMap {
  readonly fanIn: number;
  readonly fanOut: number;

  /** @param weight [fanOut, fanIn] @param bias [fanOut] */
  constructor(
    private readonly weight: Float32Array,
    private readonly bias: Float32Array,
  ) {
    this.fanOut = bias.length;
    this.fanIn = weight.length / bias.length;
  }

  apply(x: ArrayLike<number>): Float64Array {
    const y = Float64Array.from(this.bias);
    for (let o = 0, at = 0; o < this.fanOut; o++) {
      let sum = 0;
      for (let i = 0; i < this.fanIn; i++, at++) sum += this.weight[at]! * x[i]!;
      y[o]! += sum;
    }
    return y;
  }
}

/** Cosine of the angle between two vectors; 0 when either is zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}

/**
 * log det of a symmetric positive definite matrix, by Cholesky's decomposition.
 * @param matrix [d, d]; only the lower half is read
 * @throws RangeError when it is not positive definite
 */
export function logDeterminant(matrix: Float64Array, d: number): number {
  const l = new Float64Array(d * d);
  let sum = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * d + j]!;
      for (let k = 0; k < j; k++) rest -= l[i * d + k]! * l[j * d + k]!;
      if (i > j) {
        l[i * d + j] = rest / l[j * d + j]!;
      } else {
        if (!(rest > 0)) throw new RangeError('the matrix is not positive definite');
        l[i * d + i] = Math.sqrt(rest);
        sum += Math.log(rest);
      }
    }
  }
  return sum;
}
