import type { Followed } from './gathered';
import { longestMatch, type TokenIndex } from './tokenIndex';
import type { LengthWeights, LookupWeights, WorkspaceWeights } from './weights';
import type { Elsewhere } from './workspaceIndex';

/**
 * An exact memory of a document beside the model's compressed one: what followed wherever the last tokens stood before makes itself
 * felt in the choice of the next token. After the continuous cache of Grave et al. (arXiv 1612.04426) and the contexts of PPM
 * (Cleary and Witten 1984); the weights are those of a log-linear model.
 */
export class Lookup {
  private recent: number[];

  /** @param elsewhere other files; they count only by weights that were fitted with other files */
  constructor(
    private readonly index: TokenIndex,
    private readonly weights: LookupWeights,
    private readonly elsewhere?: Elsewhere,
  ) {
    this.recent = Array.from(index.before.subarray(-longestMatch));
  }

  /** An independent one at the same place. */
  fork(): Lookup {
    const other = new Lookup(this.index, this.weights, this.elsewhere);
    other.recent = [...this.recent];
    return other;
  }

  /** The text goes on. What is written is not itself looked up, or the model would turn in circles. */
  push(...ids: readonly number[]): void {
    this.recent.push(...ids);
    if (this.recent.length > 4 * longestMatch) this.recent = this.recent.slice(-longestMatch);
  }

  /** Logits of the next token, by the model and by what followed elsewhere. @param logits by the model; they stay as they are */
  blend(logits: Float32Array): Float32Array {
    const { occurs } = this.index;
    const workspace = this.elsewhere && this.weights.workspace;
    const { scale, certain, occurs: bonus, lengths } = workspace ?? this.weights;
    const factor = scale + certain * certainty(logits);
    const blended = new Float32Array(logits.length);
    for (let id = 0; id < logits.length; id++) blended[id] = factor * logits[id]! + bonus * occurs[id]!;
    const last = this.recent.slice(-longestMatch);
    const own = this.index.followed(last);
    for (const followed of own) blended[followed.id]! += evidence(followed, lengths);
    if (workspace === undefined) return blended;
    const longest = longestOf(own);
    for (const followed of this.elsewhere!.followed(last)) {
      blended[followed.id]! += evidenceElsewhere(followed, longest, workspace);
    }
    return blended;
  }
}

/** The probability of the likeliest token, by the model alone. */
export function certainty(logits: Float32Array): number {
  let highest = -Infinity;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  // All probabilities as multiples of that one.
  for (const logit of logits) sum += Math.exp(logit - highest);
  return 1 / sum;
}

/** How many tokens the longest of some matches have in common; 0 when there are none. */
export function longestOf(followed: readonly Followed[]): number {
  return followed.reduce((most, { length }) => Math.max(most, length), 0);
}

/** What one match adds to its token's logit. */
export function evidence({ length, isLongest, share }: Followed, lengths: readonly LengthWeights[]): number {
  const weights = lengths.find(({ upTo }) => length <= upTo)!;
  const logShare = Math.log(share);
  return isLongest
    ? weights.longest + weights.longestShare * logShare
    : weights.shorter + weights.shorterShare * logShare;
}

/** What one match in another file adds. @param longest tokens in common at the best place of the file itself */
export function evidenceElsewhere(followed: Followed, longest: number, { beyond, within }: WorkspaceWeights): number {
  return evidence(followed, followed.length > longest ? beyond : within);
}
