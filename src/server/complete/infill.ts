import { isWhiteSpace, type Decoder, type ReadingEngine, type InfillSetting, type Tokenizer } from '../../engine';

/** Bytes behind a cursor that are more than as many tokens ever need. */
const BYTES_PER_TOKEN = 64;

/** A text before a cursor, and what of the text behind it the model is to see. */
export interface TextAround {
  /** Header and text. */
  readonly tokens: Uint32Array;
  /** How many of them are the header. */
  readonly headerTokens: number;
  /** As from {@link shownBehind}; empty = the text just goes on. */
  readonly behind: Uint32Array;
}

/** How a decoder comes to stand behind a text. */
export interface Approach {
  /** Position of the state that it starts from: whole blocks of the text. */
  readonly boundary: number;
  /** Tokens that it sees at their own places. What follows has other positions in the decoder than in the document. */
  readonly place: number;
  /** What it reads behind the state; at least one token, unless the text has none. */
  readonly tail: Uint32Array;
}

/**
 * The first tokens of the text behind a cursor, the rest of its line to begin with. None when there is nothing but white space:
 * nothing is missing then, the text just goes on, and the names before the cursor lead straight to what memory holds about them.
 *
 * @param behind UTF-8, as much of it as is at hand
 */
export function shownBehind(tokenizer: Tokenizer, behind: Uint8Array, { shown }: InfillSetting): Uint32Array {
  const near = behind.subarray(0, BYTES_PER_TOKEN * shown);
  const isBlank = near.every(isWhiteSpace);
  return isBlank ? new Uint32Array(0) : tokenizer.encode(near).slice(0, shown);
}

/**
 * The way to the end of a text. Without anything to show, it is the last block boundary and the tokens since then. Else the form of
 * training (models/training/memmamba_training/data/infill.py), in which what stands behind comes first:
 *
 *     text, <|fim_suffix|>, first tokens behind the cursor, <|fim_prefix|>, the text since then, what is to be written, <|fim_end|>
 *
 * So the model goes on with the text right behind it, having seen where it leads; and there is no mark at the cursor, so whatever is
 * typed there is simply read. The marks stand at the last block boundary that is `back` tokens before the end, because the state of
 * that place is at hand from reading the file (of a short text: behind its header). That state stays as it was; the detour behind it lives
 * in a decoder only, and what a decoder computes is never kept as a state.
 *
 * The boundary and the place stay the same while the text grows, up to the next boundary.
 */
export function approach(
  { config, tokenizer, infill }: Pick<ReadingEngine, 'config' | 'tokenizer' | 'infill'>,
  { tokens, headerTokens, behind }: TextAround,
): Approach {
  const isShown = behind.length > 0;
  // A decoder can write behind a token only, so the last one is always left to it.
  const apart = isShown ? Math.max(1, infill.back) : 1;
  const boundary = Math.max(0, Math.floor((tokens.length - apart) / config.blockSize)) * config.blockSize;
  if (!isShown) return { boundary, place: tokens.length, tail: tokens.subarray(boundary) };
  const place = Math.min(tokens.length, Math.max(boundary, headerTokens));
  const [suffix, prefix] = [tokenizer.special('<|fim_suffix|>'), tokenizer.special('<|fim_prefix|>')];
  const tail = Uint32Array.of(
    ...tokens.subarray(boundary, place),
    suffix,
    ...behind,
    prefix,
    ...tokens.subarray(place),
  );
  return { boundary, place, tail };
}

/**
 * Brings a decoder on to the cursor. The word at the cursor is held back, since it may go on: a model that is shown the half of a token
 * does not find the rest.
 *
 * @param line UTF-8 before the cursor that the decoder has not seen, from where a word of the tokenizer begins
 * @returns `begin` for `generate`: what was held back of the line; and the tokens of the rest of the line
 */
export async function appendLine(
  decoder: Decoder,
  tokenizer: Tokenizer,
  line: Uint8Array,
): Promise<{ begin: Uint8Array; appended: Uint32Array }> {
  const read = line.length - tokenizer.heal(line);
  const appended = tokenizer.encode(line.subarray(0, read));
  const begin = line.subarray(read);
  await decoder.append(appended, { begun: tokenizer.encode(begin) });
  return { begin, appended };
}
