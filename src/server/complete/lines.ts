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

/** Number of candidate lines when there is time. */
export const MAX_CANDIDATES = 8;

/**
 * Whether only white space follows the cursor in its line. Only then can a line be scored by the text after it: text in the same line may
 * be meant to stay or to be replaced.
 */
export function isAtLineEnd(suffix: Uint8Array): boolean {
  const first = firstNonBlank(suffix);
  return first === undefined || isLineEnd(first);
}

/**
 * Writes candidates for the rest of a line and scores them, also by the text after the cursor.
 *
 * @param suffix UTF-8 from the cursor on, as far as available
 * @returns the best first; an unfinished line is the only one
 * @throws signal.reason after an abort
 */
export async function scoredCandidates(
  { tokenizer, lineWeights }: ReadingEngine,
  decoder: Decoder,
  suffix: Uint8Array,
  options: Omit<CandidatesOptions, 'tokenizer'>,
): Promise<ScoredLine[]> {
  const lines = await candidateLines(decoder, { ...options, tokenizer });
  // At the end of a text there is no suffix to score by.
  const next = firstSuffixTokens(tokenizer, suffix, lineWeights.suffixTokens);
  return scoreLines(lines, next, lineWeights);
}

/** Mean natural log probability per token of a line, including its end. */
export function meanLogProb({ logProb, tokens, isWhole }: ScoredLine): number {
  return logProb / Math.max(1, tokens + Number(isWhole));
}
