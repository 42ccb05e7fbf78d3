import type { NgramMatch } from './matchCollector';
import { maxMatchLength, type TokenIndex } from './tokenIndex';
import type { LengthWeights, NgramWeights, WorkspaceWeights } from './weights';
import type { OtherFilesIndex } from './workspaceIndex';

/**
 * An exact memory of a document beside the model's compressed one: tokens that followed earlier occurrences of the last tokens
 * become more likely. After the continuous cache of Grave et al. (arXiv 1612.04426) and the contexts of PPM (Cleary and Witten
 * 1984); the weights are those of a log-linear model.
 */
export class NgramMatcher {
  private recent: number[];

  /** @param otherFiles other files; they count only with weights that were fitted with other files */
  constructor(
    private readonly index: TokenIndex,
    private readonly weights: NgramWeights,
    private readonly otherFiles?: OtherFilesIndex,
  ) {
    this.recent = Array.from(index.prefix.subarray(-maxMatchLength));
  }

  /** An independent copy at the same position. */
  fork(): NgramMatcher {
    const other = new NgramMatcher(this.index, this.weights, this.otherFiles);
    other.recent = [...this.recent];
    return other;
  }

  /** Advances the text. What is written is not indexed itself, or the model would loop. */
  push(...ids: readonly number[]): void {
    this.recent.push(...ids);
    if (this.recent.length > 4 * maxMatchLength) this.recent = this.recent.slice(-maxMatchLength);
  }

  /** Logits of the next token, from the model and the matches. @param logits of the model; unchanged */
  blend(logits: Float32Array): Float32Array {
    const { occurs } = this.index;
    const workspace = this.otherFiles && this.weights.workspace;
    const { scale, certain, occurs: bonus, lengths } = workspace ?? this.weights;
    const factor = scale + certain * certainty(logits);
    const blended = new Float32Array(logits.length);
    for (let id = 0; id < logits.length; id++) blended[id] = factor * logits[id]! + bonus * occurs[id]!;
    const last = this.recent.slice(-maxMatchLength);
    const own = this.index.matches(last);
    for (const match of own) blended[match.id]! += evidence(match, lengths);
    if (workspace === undefined) return blended;
    const longest = longestMatchLength(own);
    for (const match of this.otherFiles!.matches(last)) {
      blended[match.id]! += otherFileEvidence(match, longest, workspace);
    }
    return blended;
  }
}

/** Probability of the likeliest token, by the model alone. */
export function certainty(logits: Float32Array): number {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  // All probabilities relative to that one.
  for (const logit of logits) sum += Math.exp(logit - highest);
  return 1 / sum;
}

/** Length of the longest of some matches; 0 when there are none. */
export function longestMatchLength(matches: readonly NgramMatch[]): number {
  return matches.reduce((most, { length }) => Math.max(most, length), 0);
}

/** What one match adds to its token's logit. */
export function evidence({ length, isLongest, share }: NgramMatch, lengths: readonly LengthWeights[]): number {
  const weights = lengths.find(({ upTo }) => length <= upTo)!;
  const logShare = Math.log(share);
  return isLongest
    ? weights.longest + weights.longestShare * logShare
    : weights.shorter + weights.shorterShare * logShare;
}

/** What one match in another file adds. @param longest length of the longest match in the file itself */
export function otherFileEvidence(match: NgramMatch, longest: number, { beyond, within }: WorkspaceWeights): number {
  return evidence(match, match.length > longest ? beyond : within);
}
