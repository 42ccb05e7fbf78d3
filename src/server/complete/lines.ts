import {
  candidateLines,
  firstNonBlank,
  isLineEnd,
  scoreLines,
  type CandidatesOptions,
  type Decoder,
  type ReadingEngine,
  type ScoredLine,
} from '../../engine';
import { firstSuffixTokens } from './start';

/** Lines that are considered when there is time. */
export const MAX_CANDIDATES = 8;

/**
 * Whether nothing but white space stands after a cursor in its line. Only then a line can be weighed by how the text after it goes on: what
 * stands in the same line may be meant to stay or to go.
 */
export function isAtLineEnd(suffix: Uint8Array): boolean {
  const first = firstNonBlank(suffix);
  return first === undefined || isLineEnd(first);
}

/**
 * Writes the rest of a line in several ways and weighs them, also by what stands after the cursor.
 *
 * @param suffix UTF-8 from the cursor on, as much of it as is at hand
 * @returns the best first; a line that was not finished stands alone
 * @throws signal.reason after an abort
 */
export async function scoredCandidates(
  { tokenizer, lineWeights }: ReadingEngine,
  decoder: Decoder,
  suffix: Uint8Array,
  options: Omit<CandidatesOptions, 'tokenizer'>,
): Promise<ScoredLine[]> {
  const lines = await candidateLines(decoder, { ...options, tokenizer });
  // At the end of a text, nothing can be said of how it goes on.
  const next = firstSuffixTokens(tokenizer, suffix, lineWeights.suffixTokens);
  return scoreLines(lines, next, lineWeights);
}

/** Mean natural log probability per token of a line, its end among them. */
export function meanLogProb({ logProb, tokens, isWhole }: ScoredLine): number {
  return logProb / Math.max(1, tokens + Number(isWhole));
}
