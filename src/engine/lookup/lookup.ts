import { longestMatch, type Followed, type TokenIndex } from './tokenIndex';
import type { LookupWeights } from './weights';

/**
 * An exact memory of a document beside the model's compressed one: what followed wherever the last tokens stood before makes itself
 * felt in the choice of the next token. After the continuous cache of Grave et al. (arXiv 1612.04426) and the contexts of PPM
 * (Cleary and Witten 1984); the weights are those of a log-linear model.
 */
export class Lookup {
  private recent: number[];

  constructor(
    private readonly index: TokenIndex,
    private readonly weights: LookupWeights,
  ) {
    this.recent = Array.from(index.before.subarray(-longestMatch));
  }

  /** The text goes on. What is written is not itself looked up, or the model would turn in circles. */
  push(...ids: readonly number[]): void {
    this.recent.push(...ids);
    if (this.recent.length > 4 * longestMatch) this.recent = this.recent.slice(-longestMatch);
  }

  /** Logits of the next token, by the model and by what followed elsewhere. @param logits by the model; they stay as they are */
  blend(logits: Float32Array): Float32Array {
    const { occurs } = this.index;
    const { occurs: bonus } = this.weights;
    const scale = this.weights.scale + this.weights.certain * certainty(logits);
    const blended = new Float32Array(logits.length);
    for (let id = 0; id < logits.length; id++) blended[id] = scale * logits[id]! + bonus * occurs[id]!;
    for (const followed of this.index.followed(this.recent.slice(-longestMatch))) {
      blended[followed.id]! += evidence(followed, this.weights);
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

/** What one match adds to its token's logit. */
export function evidence({ length, isLongest, share }: Followed, { lengths }: LookupWeights): number {
  const weights = lengths.find(({ upTo }) => length <= upTo)!;
  const logShare = Math.log(share);
  return isLongest
    ? weights.longest + weights.longestShare * logShare
    : weights.shorter + weights.shorterShare * logShare;
}
