import type { LineCandidate } from './candidates';
import type { LineWeights } from './weights';

/** A scored candidate. */
export interface ScoredLine extends LineCandidate {
  /** Probability that it is the right one among the candidates; they add up to 1. */
  readonly share: number;
}

/**
 * Scores lines by their own probability and by that of the text after the cursor given each of them (Bayes: a line is as likely as what
 * it makes likely), each raised to a fitted power.
 * @param suffix tokens of the text after the cursor, from the end of the line on; empty = unknown
 * @returns the best first
 */
export async function scoreLines(
  lines: readonly LineCandidate[],
  suffix: Uint32Array,
  { own, suffix: weight, suffixTokens }: LineWeights,
): Promise<ScoredLine[]> {
  const seen = suffix.subarray(0, suffixTokens);
  const scores: number[] = [];
  for (const { decoder, logProb } of lines) {
    // A single line wins anyway.
    const suffixLogProbs = lines.length > 1 && seen.length > 0 ? await decoder.predict(seen) : new Float64Array(0);
    scores.push(own * logProb + weight * suffixLogProbs.reduce((sum, one) => sum + one, 0));
  }
  const top = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  return lines
    .map((line, i) => ({ ...line, share: Math.exp(scores[i]! - top) / total }))
    .sort((a, b) => b.share - a.share);
}
