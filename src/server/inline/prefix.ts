import { commonLength } from '../../common';
import { isWhiteSpace, type Tokenizer } from '../../engine';
import { tokenize, type FileReading } from '../../memory';
import type { WorkspaceFile } from '../../workspace';
import type { PrefixStates } from '../prefix';

/** Sources of states for a prefix of a document. */
export interface PrefixSources {
  readonly states: PrefixStates | undefined;
  readonly reading: FileReading | undefined;
}

/** The text before a cursor up to the start of its line, which stays the same while the line is typed. */
export interface Prefix {
  /** The document. */
  readonly key: string;
  /** Header and text. */
  readonly tokens: Uint32Array;
  readonly headerTokens: number;
  readonly sources: PrefixSources;
}

/** A longer line is not read again with each key press. Bytes. */
const LONG_LINE = 1500;

/** Splits the text before a cursor at the start of its line. @returns the prefix, and the rest as UTF-8 */
export function prefixAt(
  tokenizer: Tokenizer,
  { key, name, reading }: Pick<WorkspaceFile, 'key' | 'name' | 'reading'>,
  states: PrefixStates | undefined,
  text: string,
): { prefix: Prefix; line: Uint8Array } {
  const before = Buffer.from(text, 'utf8');
  let lineStart = stableLineStart(before);
  // The last word is separated in any case, since it is held back (token healing).
  if (before.length - lineStart > LONG_LINE) lineStart = before.length - tokenizer.heldBackLength(before);
  const tokenized = tokensOf(tokenizer, name, before.subarray(0, lineStart), reading);
  return {
    prefix: { key, ...tokenized, sources: { states, reading } },
    line: before.subarray(lineStart),
  };
}

/** Header and text as tokens. If the text or an earlier version was read, only what follows the first change is encoded. */
function tokensOf(
  tokenizer: Tokenizer,
  name: string,
  text: Uint8Array,
  reading: FileReading | undefined,
): Pick<Prefix, 'tokens' | 'headerTokens'> {
  if (reading === undefined) {
    const { tokens, headerTokens } = tokenize({ tokenizer }, { basename: name, bytes: text });
    return { tokens, headerTokens };
  }
  const shared = stableLineStart(text.subarray(0, commonLength(reading.bytes, text)));
  const known = reading.tokens.subarray(0, reading.headerTokens + reading.offsets.tokenAtByte(shared));
  const encoded = tokenizer.encode(text.subarray(shared));
  const tokens = new Uint32Array(known.length + encoded.length);
  tokens.set(known);
  tokens.set(encoded, known.length);
  return { tokens, headerTokens: reading.headerTokens };
}

const LINE_FEED = 0x0a;

/**
 * Offset of the first visible character in the last line that has one, so that the text before it has the same tokens whatever follows:
 * the tokenizer's words never cross a line end and the white space after it.
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
