import type { IndexedFile } from '../corpus';

/**
 * A way to compare questions with spans that does not use words, such as the model's embedding. Implementations compute what they
 * need of a span while the file is read, and find it by key.
 */
export interface SpanScorer {
  /** Spans found by this scorer alone, best first. @throws the signal's reason */
  search(question: string, files: readonly IndexedFile[], limit: number, signal?: AbortSignal): Promise<ScoredSpan[]>;
  /** How close these spans are to the question: about 0 to 1, one number each. */
  score(question: string, spans: readonly PlacedSpan[], signal?: AbortSignal): Promise<Float32Array>;
}

export interface PlacedSpan {
  file: IndexedFile;
  /** Index of the span in the file. */
  span: number;
}

export interface ScoredSpan extends PlacedSpan {
  score: number;
}
