import type { Decoder, Tokenizer } from '../../engine';

/**
 * How much of the text behind the cursor the model is shown, in bytes. None: the shipped weights have seen too few infilled holes, and
 * going on from the text before the cursor alone completes four times as many lines of `npm run bench -- infill` exactly
 * (models/training/EXPERIMENTS.md, 4). To be measured again with every new model; 4096 bytes are always enough for 128 tokens.
 */
const SHOWN_BYTES = 0;

/** The text behind a cursor, as much of it as the model is to be shown. */
export function shownBehind(behind: Uint8Array): Uint8Array {
  return behind.subarray(0, SHOWN_BYTES);
}

/**
 * Brings a decoder to where the missing text begins: the last text before the cursor, the mark of the suffix, the first tokens
 * behind the cursor, the mark of the middle (the form of training: models/training/data.py). When nothing but white space is behind
 * the cursor, nothing is missing, the text just goes on: no marks then, so that the names before the cursor lead straight to what
 * memory holds about them.
 *
 * The word at the cursor is held back when it may go on: a model that is shown the half of a token does not find the rest.
 *
 * @param line UTF-8 before the cursor that the decoder has not seen, from where a word of the tokenizer begins
 * @param behind UTF-8, as much of it as is at hand
 * @param maxTokens most suffix tokens that are shown
 * @returns `begin` for `generate`: what was held back of the line; and the tokens of the rest of the line
 */
export async function startMiddle(
  decoder: Decoder,
  tokenizer: Tokenizer,
  line: Uint8Array,
  behind: Uint8Array,
  maxTokens: number,
): Promise<{ begin: Uint8Array; shown: Uint32Array }> {
  const isBlank = behind.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
  let shown = line.length - tokenizer.heal(line);
  // Right behind a block nothing has been run yet, and a decoder needs a token: the word that could be held back, else the marks.
  if (isBlank && shown === 0 && !decoder.hasLogits) shown = line.length;
  const tokens = tokenizer.encode(line.subarray(0, shown));
  if (isBlank && (tokens.length > 0 || decoder.hasLogits)) {
    await decoder.append(tokens);
  } else {
    const suffix = tokenizer.encode(behind).subarray(0, maxTokens);
    const marks = ['<|fim_suffix|>', '<|fim_middle|>'].map((name) => tokenizer.special(name));
    await decoder.append(Uint32Array.of(...tokens, marks[0]!, ...suffix, marks[1]!));
  }
  return { begin: line.subarray(shown), shown: tokens };
}
