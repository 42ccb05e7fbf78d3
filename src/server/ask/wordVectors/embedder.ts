import type { FileTerms } from '../lexical';

/** Makes vectors of spans and questions that are close where a span answers a question. */
export interface SpanEmbedder {
  /** Numbers of a vector. */
  readonly width: number;
  /**
   * Vectors of all spans of a file, one after the other: unit vectors times 127.
   *
   * @param termOf the term of a number in `terms`
   */
  spans(terms: FileTerms, termOf: (id: number) => string): Int8Array;
  /** The unit vector of a question; all zeros when nothing is known of its words. */
  question(text: string): Float32Array;
}

/** Units of an {@link Int8Array} vector. */
export const UNIT = 127;
