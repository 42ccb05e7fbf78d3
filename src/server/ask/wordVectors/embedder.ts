import type { FileTerms } from '../lexical';

/** Embeds spans and questions so that they are close where a span answers a question. */
export interface SpanEmbedder {
  /** Length of a vector. */
  readonly width: number;
  /**
   * Vectors of all spans of a file, contiguous: unit vectors times 127.
   *
   * @param termOf the term of a number in `terms`
   */
  spans(terms: FileTerms, termOf: (id: number) => string): Int8Array;
  /** The unit vector of a question; all zeros when none of its words are known. */
  question(text: string): Float32Array;
}

/** Length of an {@link Int8Array} vector. */
export const UNIT = 127;
