import { isWhiteSpace, type Decoder, type NgramMatcher, type Tokenizer } from '../../engine';

/** More bytes than a token ever has on average. */
const BYTES_PER_TOKEN = 64;

/** Where the model starts to write. */
export interface Start {
  /** Stands after the text before the cursor, the word at the cursor left out. */
  readonly decoder: Decoder;
  /** For `generate`: the word at the cursor, which the decoder has not seen. */
  readonly heldBack: Uint8Array;
  readonly matcher: NgramMatcher | undefined;
}

/**
 * The block boundary from whose state a decoder reads on to the end of a text. At least one token is left to the decoder, because it can
 * write after a token only.
 */
export function lastBoundary({ length }: Uint32Array, stateGrid: number): number {
  return Math.max(0, Math.floor((length - 1) / stateGrid)) * stateGrid;
}

/**
 * Brings a decoder on to the cursor. The word at the cursor is left out (token healing): a model that is shown the half of a token does
 * not find the rest.
 *
 * @param line UTF-8 before the cursor that the decoder has not seen, from where a word of the tokenizer begins
 * @returns `begin` for `generate`: what was left out of the line; and the tokens of the rest of the line
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
 * The first tokens of the suffix, the rest of the cursor's line to begin with; none where it is only white space.
 *
 * @param suffix UTF-8 after the cursor, as much of it as is at hand
 */
export function firstSuffixTokens(tokenizer: Tokenizer, suffix: Uint8Array, count: number): Uint32Array {
  const near = suffix.subarray(0, BYTES_PER_TOKEN * count);
  return near.every(isWhiteSpace) ? new Uint32Array(0) : tokenizer.encode(near).slice(0, count);
}
