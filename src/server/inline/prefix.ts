import { isWhiteSpace, type Tokenizer } from '../../engine';
import { tokenize, type FileReading } from '../../memory';
import type { WorkspaceFile } from '../../workspace';
import { commonLength, type PrefixStates } from '../prefix';

/** Where states of a document's beginning can be had. */
export interface PrefixSources {
  readonly states: PrefixStates | undefined;
  readonly reading: FileReading | undefined;
}

/** The text before a cursor up to the beginning of its line, which stays the same while the line is typed. */
export interface Prefix {
  /** The document. */
  readonly key: string;
  /** Header and text. */
  readonly tokens: Uint32Array;
  readonly sources: PrefixSources;
}

/** A longer line is not read anew with each key. Bytes. */
const LONG_LINE = 1500;

/** Cuts the text before a cursor at its line's beginning. @returns the prefix, and the rest as UTF-8 */
export function prefixAt(
  tokenizer: Tokenizer,
  { key, name, reading }: Pick<WorkspaceFile, 'key' | 'name' | 'reading'>,
  states: PrefixStates | undefined,
  text: string,
): { prefix: Prefix; line: Uint8Array } {
  const before = Buffer.from(text, 'utf8');
  let lineStart = stableLineStart(before);
  // The last word is kept apart in any case, since it is left out (token healing).
  if (before.length - lineStart > LONG_LINE) lineStart = before.length - tokenizer.heldBackLength(before);
  const tokens = tokensOf(tokenizer, name, before.subarray(0, lineStart), reading);
  return {
    prefix: { key, tokens, sources: { states, reading } },
    line: before.subarray(lineStart),
  };
}

/** Header and text as tokens. Of a text that was read, or an earlier version of it was, only what follows the first change is encoded. */
function tokensOf(tokenizer: Tokenizer, name: string, text: Uint8Array, reading: FileReading | undefined): Uint32Array {
  if (reading === undefined) return tokenize({ tokenizer }, { basename: name, bytes: text }).tokens;
  const shared = stableLineStart(text.subarray(0, commonLength(reading.bytes, text)));
  const known = reading.tokens.subarray(0, reading.headerTokens + reading.offsets.tokenAtByte(shared));
  const encoded = tokenizer.encode(text.subarray(shared));
  const tokens = new Uint32Array(known.length + encoded.length);
  tokens.set(known);
  tokens.set(encoded, known.length);
  return tokens;
}

const LINE_FEED = 0x0a;

/**
 * The offset of the first visible character of a line, the last one that has any, so that the text before it has the same tokens whatever
 * follows: pieces of text for the tokenizer never reach across a line end and the white space after it.
 *
 * @param text UTF-8
 * @returns 0 when there is no such line
 */
export function stableLineStart(text: Uint8Array): number {
  for (let end = text.length; end > 0;) {
    const lineStart = text.lastIndexOf(LINE_FEED, end - 1) + 1;
    if (lineStart === 0) return 0;
    let start = lineStart;
    while (text[start] === 0x20 || text[start] === 0x09) start++;
    // At the very end, white space may still grow, and more line ends may follow.
    if (start < text.length && !isWhiteSpace(text[start]!)) return start;
    end = lineStart - 1;
  }
  return 0;
}
