import type { IndexedFile } from '../corpus';

/**
 * A way to compare questions with spans that is not made of words, such as an embedding read from the model's stream. Whoever makes
 * one computes what it needs of a span while the file is read, and hands it out by key.
 */
export interface SpanScorer {
  /** Spans that it finds by itself, best first. @throws the signal's reason */
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
