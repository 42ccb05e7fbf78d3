import { isWhiteSpace, type Decoder, type NgramMatcher, type Tokenizer } from '../../engine';

/** An upper bound for the mean bytes per token. */
const BYTES_PER_TOKEN = 64;

/** Where the model starts writing. */
export interface Start {
  /** Positioned after the text before the cursor, without the word at the cursor. */
  readonly decoder: Decoder;
  /** For `generate`: the word at the cursor, which the decoder has not seen. */
  readonly heldBack: Uint8Array;
  readonly matcher: NgramMatcher | undefined;
}

/**
 * The block boundary whose state a decoder continues from to reach the end of a text. At least one token is left for the decoder,
 * because it can only write after a token.
 */
export function lastBoundary({ length }: Uint32Array, stateGrid: number): number {
  return Math.max(0, Math.floor((length - 1) / stateGrid)) * stateGrid;
}

/**
 * Advances a decoder to the cursor. The word at the cursor is left out (token healing): a model that is shown half a token does not
 * find the rest.
 *
 * @param line UTF-8 before the cursor that the decoder has not seen, starting at a word boundary of the tokenizer
 * @returns `heldBack` for `generate`: what was left out of the line; and the tokens of the rest of the line
 */
export async function appendLine(
  decoder: Decoder,
  tokenizer: Tokenizer,
  line: Uint8Array,
): Promise<{ heldBack: Uint8Array; appended: Uint32Array }> {
  const read = line.length - tokenizer.heldBackLength(line);
  const appended = tokenizer.encode(line.subarray(0, read));
  const heldBack = line.subarray(read);
  await decoder.append(appended, { heldBack: tokenizer.encode(heldBack) });
  return { heldBack, appended };
}

/**
 * The first tokens of the suffix, starting with the rest of the cursor's line; none where it is only white space.
 *
 * @param suffix UTF-8 after the cursor, as far as available
 */
export function firstSuffixTokens(tokenizer: Tokenizer, suffix: Uint8Array, count: number): Uint32Array {
  const near = suffix.subarray(0, BYTES_PER_TOKEN * count);
  return near.every(isWhiteSpace) ? new Uint32Array(0) : tokenizer.encode(near).slice(0, count);
}
