/*
 * What a measurement of memory gives, as plain data: made by the engine, sent over the protocol, drawn by panel and command line.
 * The metrics are defined in src/engine/fidelity/README.md.
 */

/** Metrics of single tokens and of layers, by the names used in the model's probe. */
export type FidelityMetricName = 'representational' | 'functional' | 'vertical';

/**
 * Why a figure is missing: the model ships no probe, its probe was trained for other weights, or the text is too short for the
 * figure to mean anything.
 */
export type FidelityGap = 'no-probe' | 'stale-probe' | 'short-text';

/** A figure, or why there is none. */
export type Measured<T> = T | { readonly absent: FidelityGap };

/** A mean with its 95 % interval (bootstrap over blocks). */
export interface FidelityMean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Number of tokens it is based on. */
  readonly count: number;
}

/** How well single tokens survive to the end of the text (ETMF). */
export interface HorizontalFidelity {
  /** 0 = no better than without memory. A difference of cosines (representational), or in -1 to 1 (functional). */
  readonly score: FidelityMean;
  /** Mean cosine (representational) or geometric mean probability (functional) with the memory. */
  readonly withMemory: number;
  /** The same with an empty memory. */
  readonly withNothing: number;
}

/** How much of a note layer's information reaches the next one (ECLMF). */
export interface VerticalFidelity {
  readonly from: number;
  readonly to: number;
  /** Number of tokens the figures are based on. */
  readonly tokens: number;
  /** Linear CKA of the two streams of note values, 0..1. */
  readonly cka: number;
  /** What the trained linear probe shows. */
  readonly probe: Measured<{
    /** R² of the probe on this text, averaged over dimensions; below 0 = worse than the mean. */
    readonly explained: number;
    /** Lower bound of the Gaussian mutual information, bits per token; 0 when the probe finds none. */
    readonly bits: number;
    /** The bound as a share 0..1: 1 - 2^(-2 bits / dimensions). */
    readonly share: number;
  }>;
}

/** One sampled token. */
export interface FidelitySample {
  /** In the document, header included. */
  readonly position: number;
  /** Tokens from here to the end of the document. */
  readonly distance: number;
  /** Note layers whose memory holds the token, as a note or as a recent row. */
  readonly heldBy: readonly number[];
  /** Score of ETMF-a; absent without a probe. */
  readonly representational?: number;
  /** Score of ETMF-b. */
  readonly functional: number;
}

/** Fidelity at one range of distances from the end, `from` <= distance < `to` (tokens). */
export interface FidelityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Share of the sampled tokens that at least one layer holds. */
  readonly held: number;
  readonly representational?: FidelityMean;
  readonly functional: FidelityMean;
}

/** How well a metric predicts real recall of planted values (`npm run bench -- fidelity`). */
export interface FidelityWorth {
  /** Spearman's rank correlation with its 95 % interval. */
  readonly rho: number;
  readonly low: number;
  readonly high: number;
  readonly cases: number;
  /** Whether rho reaches 0.7. */
  readonly predicts: boolean;
}

/** What was measured for one text. */
export interface FidelityReport {
  /** Tokens of the document, header included. */
  readonly tokens: number;
  /** The same seed repeats the same sample. */
  readonly seed: number;
  readonly representational: Measured<HorizontalFidelity>;
  readonly functional: Measured<HorizontalFidelity>;
  readonly vertical: Measured<{ readonly pairs: readonly VerticalFidelity[] }>;
  /** From near to far; ranges without a sample are omitted. */
  readonly curve: readonly FidelityBin[];
  /** By position. */
  readonly samples: readonly FidelitySample[];
  /** How well each metric predicts recall, as far as it was measured for this model. */
  readonly worth: Partial<Readonly<Record<FidelityMetricName, FidelityWorth>>>;
}

/** Whether a figure could be measured. */
export function isMeasured<T extends object>(figure: Measured<T>): figure is T {
  return !('absent' in figure);
}
