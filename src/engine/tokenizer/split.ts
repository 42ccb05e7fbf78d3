const letter = 1;
const digit = 2;
const newline = 4;
/** White space other than a line end: space, tab, vertical tab, form feed. */
const blank = 8;
/** Everything else, control characters included. */
const symbol = 16;

const space = 0x20;
const tab = 0x09;

const kinds = new Uint8Array(256).map((_, byte) => {
  if ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80) return letter;
  if (byte >= 0x30 && byte <= 0x39) return digit;
  if (byte === 0x0a || byte === 0x0d) return newline;
  if (byte === space || byte === tab || byte === 0x0b || byte === 0x0c) return blank;
  return symbol;
});

/**
 * Where the word that starts at `start` ends. Same words as the tokenizer was trained on:
 *
 *     [^\r\nA-Za-z0-9\x80-\xff]?[A-Za-z\x80-\xff]+    letters, with one blank or symbol before them
 *     | [0-9]{1,3}
 *     |  ?[^ \t\n\v\f\rA-Za-z0-9\x80-\xff]+           symbols, with one space before them
 *     | [ \t\n\v\f\r]*[\r\n]+[ \t]*                   line ends, with the indentation of the next line
 *     | [ \t\n\v\f\r]+(?![^ \t\n\v\f\r])              blanks, but the last one belongs to the next word
 *     | [ \t\n\v\f\r]+
 *
 * @param bytes raw bytes; anything from 0x80 up counts as a letter, so a character is never cut
 * @returns an index in (start, bytes.length]
 */
export function wordEnd(bytes: Uint8Array, start: number): number {
  const length = bytes.length;
  const kind = kinds[bytes[start]!]!;
  let i = start + 1;
  if (kind === letter) {
    while (i < length && kinds[bytes[i]!] === letter) i++;
    return i;
  }
  if (kind === digit) {
    while (i < length && i < start + 3 && kinds[bytes[i]!] === digit) i++;
    return i;
  }
  const next = i < length ? kinds[bytes[i]!]! : 0;
  if (kind !== newline && next === letter) {
    do i++;
    while (i < length && kinds[bytes[i]!] === letter);
    return i;
  }
  if (kind === symbol || (bytes[start] === space && next === symbol)) {
    while (i < length && kinds[bytes[i]!] === symbol) i++;
    return i;
  }
  return whiteSpaceEnd(bytes, start);
}

function whiteSpaceEnd(bytes: Uint8Array, start: number): number {
  const length = bytes.length;
  let end = start;
  let lastNewline = -1;
  for (; end < length; end++) {
    const kind = kinds[bytes[end]!]!;
    if (kind === newline) lastNewline = end;
    else if (kind !== blank) break;
  }
  if (lastNewline >= 0) {
    let i = lastNewline + 1;
    while (i < end && (bytes[i] === space || bytes[i] === tab)) i++;
    return i;
  }
  return end === length || end === start + 1 ? end : end - 1;
}
