import type { Decoder } from '../decoder';
import { logSumExp } from '../logProbs';

/** Shortest cue, in tokens before the sampled one. */
const SHORTEST_CUE = 12;
const LONGEST_CUE = 24;

/** A surprise below one bit is not worth removing: tokens that need no memory count for little. */
const SURPRISE_FLOOR = Math.LN2;

/**
 * The cue for a token: the 12 to 24 tokens before it, from the start of a line if there is one among them. It starts with a line
 * end, since it is written after the text.
 * @param first first token of the text; the cue does not reach before it
 * @param isLineEnd whether a token contains a line end
 * @param lineEnd the token for a line end
 */
export function cueBefore(
  tokens: Uint32Array,
  position: number,
  first: number,
  isLineEnd: (id: number) => boolean,
  lineEnd: number,
): Uint32Array {
  const farthest = Math.max(first, position - LONGEST_CUE);
  for (let at = position - SHORTEST_CUE - 1; at >= farthest; at--) {
    // The line end itself belongs to the cue, with the indentation that it carries.
    if (isLineEnd(tokens[at]!)) return tokens.slice(at, position);
  }
  return Uint32Array.of(lineEnd, ...tokens.subarray(farthest, position));
}

/**
 * Natural log probability of tokens written after a decoder's text, each given those before it. The decoder advances by the cue
 * and all tokens but the last.
 */
export async function logProbabilities(
  decoder: Decoder,
  cue: Uint32Array,
  tokens: ArrayLike<number>,
): Promise<Float64Array> {
  await decoder.append(cue);
  const result = new Float64Array(tokens.length);
  for (let i = 0; i < tokens.length; i++) {
    if (i > 0) await decoder.append(Uint32Array.of(tokens[i - 1]!));
    result[i] = decoder.logits[tokens[i]!]! - logSumExp(decoder.logits);
  }
  return result;
}

/**
 * ETMF-b: the share of a token's surprise that memory removes, (S0 - S) / max(S, S0, 1 bit) with the surprises S = -ln p with
 * memory and S0 without. 1 = certain only thanks to memory, 0 = memory makes no difference, below 0 = memory misleads.
 * @param withMemory ln p given cue and memory @param withNothing ln p given the cue alone
 */
export function surpriseRemoved(withMemory: number, withNothing: number): number {
  // Rounding can put ln p of a certain token slightly above 0.
  const [left, before] = [Math.max(0, -withMemory), Math.max(0, -withNothing)];
  return (before - left) / Math.max(left, before, SURPRISE_FLOOR);
}
