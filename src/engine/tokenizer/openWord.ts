import { isBlank, isLineEnd, isWhiteSpace } from '../bytes';
import { wordEnd } from './split';

/** Longer line ends and indentation are not held back. */
const LONGEST_INDENTATION = 32;

/**
 * Number of trailing bytes that belong to a word that may continue, so that what follows could form one token with them: in
 * `re.com` it is `.com`; also a single space, or the start of `=>`. A model has never seen a text continue after half a token; it
 * does well when those bytes are held back and the tokens that start with them are offered instead (`generate`'s `heldBack`).
 *
 * The rest of the text keeps its tokens: encode(text without these bytes) is a prefix of encode(text).
 *
 * @returns 0 when nothing needs to be held back, or too much would be
 */
export function openWordLength(text: Uint8Array): number {
  const shown = withoutLineEnd(text);
  if (shown < text.length) return text.length - shown <= LONGEST_INDENTATION ? text.length - shown : 0;
  const starts: number[] = [];
  for (let at = lineStart(text); at < text.length; at = wordEnd(text, at)) starts.push(at);
  const last = starts.at(-1);
  if (last === undefined || isFullNumber(text.subarray(last))) return 0;
  // Without a digit after it, another white space would join the white space before it: "a  1" is a, space, space, 1.
  let i = starts.length - 1;
  while (i > 0 && !keepsWords(text, starts, i)) i--;
  return text.length - starts[i]!;
}

/** Where the trailing line ends and indentation start, which are one word: indentation may grow. The length without them. */
function withoutLineEnd(text: Uint8Array): number {
  let end = text.length;
  while (end > 0 && isBlank(text[end - 1])) end--;
  if (end === 0 || !isLineEnd(text[end - 1])) return text.length;
  while (end > 0 && isWhiteSpace(text[end - 1]!)) end--;
  return end;
}

/**
 * Whether a word may be cut before this byte: characters are not cut, and white space that was part of the word would join what precedes
 * it.
 */
export function keepsApart(text: Uint8Array, at: number): boolean {
  return (text[at]! & 0xc0) !== 0x80 && !isWhiteSpace(text[at - 1]!);
}

/** Start of the last line after its indentation: words never cross it. */
function lineStart(text: Uint8Array): number {
  let start = text.length;
  while (start > 0 && !isLineEnd(text[start - 1])) start--;
  if (start === 0) return 0;
  while (start < text.length && isBlank(text[start])) start++;
  return start;
}

/** Words of digits end after the third digit, whatever follows. */
function isFullNumber(word: Uint8Array): boolean {
  return word.length === 3 && word.every((byte) => byte >= 0x30 && byte <= 0x39);
}

/** Whether the words before word `i` stay the same when the text ends there. */
function keepsWords(text: Uint8Array, starts: readonly number[], i: number): boolean {
  const shorter = text.subarray(0, starts[i]);
  for (let j = Math.max(0, i - 2); j < i; j++) if (wordEnd(shorter, starts[j]!) !== starts[j + 1]) return false;
  return true;
}
