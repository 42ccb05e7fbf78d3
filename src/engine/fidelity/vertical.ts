import { logDeterminant, type LinearMap } from './linear';

/** What the probe shows about one step between layers. */
export interface LayerInformation {
  /** Mean R² over the dimensions of the upper layer. */
  readonly explained: number;
  /** Lower bound of the Gaussian mutual information in nats; below 0 when the probe is worse than a constant. */
  readonly nats: number;
}

/**
 * Sums over pairs of rows (x of a lower layer, y of an upper one) from which all vertical figures follow, so that memory use does
 * not grow with the number of rows.
 */
export class LayerMoments {
  private count = 0;
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private readonly xx: Float64Array;
  private readonly yy: Float64Array;
  private readonly xy: Float64Array;
  /** Of the probe's residual. */
  private readonly rest: Float64Array;

  /** @param d width of the rows @param probe predicts y from x */
  constructor(
    private readonly d: number,
    private readonly probe: LinearMap | undefined,
  ) {
    this.x = new Float64Array(d);
    this.y = new Float64Array(d);
    this.xx = new Float64Array(d * d);
    this.yy = new Float64Array(d * d);
    this.xy = new Float64Array(d * d);
    this.rest = new Float64Array(d * d);
  }

  /** Number of rows so far. */
  get rows(): number {
    return this.count;
  }

  /** Adds rows. @param x [T, d] @param y [T, d] */
  add(x: Float32Array, y: Float32Array): void {
    const { d } = this;
    for (let at = 0; at < x.length; at += d) {
      const a = x.subarray(at, at + d);
      const b = y.subarray(at, at + d);
      const left = this.probe?.apply(a).map((predicted, i) => b[i]! - predicted);
      for (let i = 0; i < d; i++) {
        this.x[i]! += a[i]!;
        this.y[i]! += b[i]!;
        const [ai, bi] = [a[i]!, b[i]!];
        for (let j = 0, k = i * d; j < d; j++, k++) this.xy[k]! += ai * b[j]!;
        // The others are symmetric: the lower half is enough.
        for (let j = 0, k = i * d; j <= i; j++, k++) {
          this.xx[k]! += ai * a[j]!;
          this.yy[k]! += bi * b[j]!;
        }
        if (left) for (let j = 0, k = i * d; j <= i; j++, k++) this.rest[k]! += left[i]! * left[j]!;
      }
      this.count++;
    }
  }

  /**
   * Linear centred kernel alignment ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖) of the centred rows (Kornblith et al. 2019): 1 when one is a rotation
   * and scaling of the other. 0 when one does not vary.
   */
  cka(): number {
    const { d, count: n } = this;
    const cross = this.xy.reduce((sum, v, k) => sum + (v - (this.x[Math.floor(k / d)]! * this.y[k % d]!) / n) ** 2, 0);
    const own = norm2(this.centred(this.xx, this.x), d) * norm2(this.centred(this.yy, this.y), d);
    return own === 0 ? 0 : Math.min(1, cross / Math.sqrt(own));
  }

  /**
   * Lower bound on the information that arrives. With Σ the covariance of y and R the second moments of the probe's
   * error, I >= ½ (ln det Σ - ln det R) for the Gaussian with the moments of these rows, since no predictor's error is
   * smaller than the conditional covariance.
   */
  information(): LayerInformation {
    const { d, count: n } = this;
    const total = this.centred(this.yy, this.y);
    const left = this.rest.slice();
    let trace = 0;
    let explained = 0;
    for (let i = 0; i < d; i++) {
      const k = i * d + i;
      trace += total[k]!;
      if (total[k]! > 0) explained += (1 - left[k]! / total[k]!) / d;
    }
    // The same small floor under both cancels directions without variance.
    const floor = (1e-6 * trace) / d;
    for (let i = 0; i < d; i++) {
      total[i * d + i]! += floor;
      left[i * d + i]! += floor;
    }
    if (floor === 0 || n === 0) return { explained: 0, nats: 0 };
    return { explained, nats: 0.5 * (logDeterminant(total, d) - logDeterminant(left, d)) };
  }

  /** Lower half of n times the covariance. */
  private centred(moments: Float64Array, sums: Float64Array): Float64Array {
    const { d, count: n } = this;
    const out = moments.slice();
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) out[i * d + j]! -= (sums[i]! * sums[j]!) / n;
    return out;
  }
}

/** Squared Frobenius norm of a symmetric matrix given by its lower half. */
function norm2(lower: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) sum += 2 * lower[i * d + j]! ** 2;
    sum += lower[i * d + i]! ** 2;
  }
  return sum;
}
