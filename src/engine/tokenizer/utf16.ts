import { lastAtMost, type TextPosition } from '../../common';

/** Bytes between two marks: a lookup scans at most this far. */
const markDistance = 512;

/**
 * Number of bytes of the character at `at`, as the WHATWG decoder consumes them: a whole valid sequence, or the longest part of
 * one that is valid so far (which becomes a single U+FFFD).
 */
function characterBytes(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0xc2 || lead > 0xf4) return 1;
  const wanted = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The first continuation byte has tighter bounds: no overlong forms, no surrogates, nothing above U+10FFFF.
  let low = 0x80;
  let high = 0xbf;
  if (lead === 0xe0) low = 0xa0;
  else if (lead === 0xed) high = 0x9f;
  else if (lead === 0xf0) low = 0x90;
  else if (lead === 0xf4) high = 0x8f;
  for (let i = 1; i < wanted; i++) {
    const byte = at + i < bytes.length ? bytes[at + i]! : 0;
    if (byte < low || byte > high) return i;
    low = 0x80;
    high = 0xbf;
  }
  return wanted;
}

/** Only a complete sequence of four bytes needs two UTF-16 units. */
function unitsOf(consumed: number): number {
  return consumed === 4 ? 2 : 1;
}

/**
 * Maps between bytes, UTF-16 units, lines and columns of one text, with a sparse index of about 1 % of the text's size. UTF-16 units are
 * those of the text that a standard UTF-8 decoder produces: an invalid sequence counts as one U+FFFD, a byte order mark at the start as
 * nothing. Line ends are LF, CRLF and a lone CR.
 */
export class Utf16Index {
  readonly utf16Length: number;
  /** First byte of each line. */
  private readonly lineStarts: Uint32Array;
  // The character boundary at or just before every multiple of markDistance, in bytes and in units.
  private readonly markBytes: Uint32Array;
  private readonly markUnits: Uint32Array;

  constructor(private readonly bytes: Uint8Array) {
    const lines: number[] = [0];
    const marks = Math.floor(bytes.length / markDistance) + 1;
    this.markBytes = new Uint32Array(marks);
    this.markUnits = new Uint32Array(marks);
    let at = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.markBytes[0] = at;
    let units = 0;
    let mark = 1;
    let nextMark = markDistance;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      const consumed = byte < 0x80 ? 1 : characterBytes(bytes, at);
      if (at + consumed > nextMark) {
        this.markBytes[mark] = at;
        this.markUnits[mark] = units;
        mark++;
        nextMark += markDistance;
      }
      at += consumed;
      units += unitsOf(consumed);
      if (byte === 0x0a || (byte === 0x0d && bytes[at] !== 0x0a)) lines.push(at);
    }
    if (mark < marks) {
      this.markBytes[mark] = at;
      this.markUnits[mark] = units;
    }
    this.utf16Length = units;
    this.lineStarts = Uint32Array.from(lines);
  }

  /** Number of lines; at least one, also for an empty text. */
  get lineCount(): number {
    return this.lineStarts.length;
  }

  /** Start of a byte's character in UTF-16 units. */
  utf16AtByte(byte: number): number {
    if (byte >= this.bytes.length) return this.utf16Length;
    const mark = Math.floor(byte / markDistance);
    let at = this.markBytes[mark]!;
    let units = this.markUnits[mark]!;
    for (;;) {
      const consumed = characterBytes(this.bytes, at);
      if (at + consumed > byte) return units;
      at += consumed;
      units += unitsOf(consumed);
    }
  }

  /** First byte of the character at a UTF-16 offset. */
  byteAtUtf16(offset: number): number {
    if (offset >= this.utf16Length) return this.bytes.length;
    const mark = lastAtMost(this.markUnits, offset);
    let at = this.markBytes[mark]!;
    let units = this.markUnits[mark]!;
    for (;;) {
      const consumed = characterBytes(this.bytes, at);
      if (units + unitsOf(consumed) > offset) return at;
      at += consumed;
      units += unitsOf(consumed);
    }
  }

  /** Line and column of a byte. */
  positionAtByte(byte: number): TextPosition {
    const at = Math.min(byte, this.bytes.length);
    const line = lastAtMost(this.lineStarts, at);
    const { start, end } = this.lineBytes(line);
    return { line, column: this.utf16AtByte(Math.min(at, end)) - this.utf16AtByte(start) };
  }

  /** Byte offset of a line and column; a column after the line's end counts as its end, a line after the last as the end. */
  byteAtPosition({ line, column }: TextPosition): number {
    if (line >= this.lineCount) return this.bytes.length;
    const { start, end } = this.lineBytes(line);
    return Math.min(end, this.byteAtUtf16(this.utf16AtByte(start) + column));
  }

  /** First byte of a line, and the byte after its last character (line end left out). @throws RangeError outside. */
  lineBytes(line: number): { start: number; end: number } {
    const start = this.lineStarts[line];
    if (start === undefined) throw new RangeError(`line ${line} of ${this.lineCount}`);
    let end = this.lineStarts[line + 1] ?? this.bytes.length;
    if (line + 1 < this.lineCount)
      end -= end >= 2 && this.bytes[end - 1] === 0x0a && this.bytes[end - 2] === 0x0d ? 2 : 1;
    return { start, end };
  }
}
