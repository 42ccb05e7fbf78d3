import type { Tokenizer } from './tokenizer';
import { Utf16Index, type TextPosition } from './utf16';

/**
 * Where each token of a text lies. Offsets in UTF-16 units are those of the text that a standard UTF-8 decoder makes of the
 * bytes: an invalid sequence counts as one U+FFFD, a byte order mark at the start as nothing. A token that starts inside a
 * character has the offset of that character. Line ends are LF, CRLF and a lone CR.
 */
export class TokenOffsets {
  private readonly starts: Uint32Array;
  private readonly text: Utf16Index;

  /**
   * @param ids the encoding of `bytes`, without header tokens
   * @throws RangeError when the tokens do not cover the bytes exactly
   */
  constructor(tokenizer: Tokenizer, ids: Uint32Array, bytes: Uint8Array) {
    this.starts = new Uint32Array(ids.length + 1);
    let at = 0;
    for (let i = 0; i < ids.length; i++) {
      this.starts[i] = at;
      at += tokenizer.tokenBytes(ids[i]!).length;
    }
    this.starts[ids.length] = at;
    if (at !== bytes.length) throw new RangeError(`the tokens cover ${at} bytes of a text of ${bytes.length}`);
    this.text = new Utf16Index(bytes);
  }

  get tokenCount(): number {
    return this.starts.length - 1;
  }

  get byteLength(): number {
    return this.starts[this.tokenCount]!;
  }

  get utf16Length(): number {
    return this.text.utf16Length;
  }

  /** Number of lines; at least one, also for an empty text. */
  get lineCount(): number {
    return this.text.lineCount;
  }

  /** Start of a token in bytes; the text's length for `tokenCount`. @throws RangeError outside. */
  byteOffset(tokenIndex: number): number {
    const start = this.starts[tokenIndex];
    if (start === undefined) throw new RangeError(`token ${tokenIndex} of ${this.tokenCount}`);
    return start;
  }

  /** Start of a token in UTF-16 units. @throws RangeError outside. */
  utf16Offset(tokenIndex: number): number {
    return this.text.utf16AtByte(this.byteOffset(tokenIndex));
  }

  /** The token that holds byte `byte`; `tokenCount` at or behind the end of the text. */
  tokenAtByte(byte: number): number {
    if (byte >= this.byteLength) return this.tokenCount;
    let low = 0;
    let high = this.tokenCount;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= byte) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The token that holds the first byte of the character at a UTF-16 offset; `tokenCount` at or behind the end. */
  tokenAtUtf16(offset: number): number {
    return this.tokenAtByte(this.text.byteAtUtf16(offset));
  }

  /** Line and column of a token's start. A start between CR and LF counts as the end of the line. @throws RangeError outside. */
  position(tokenIndex: number): TextPosition {
    return this.text.positionAtByte(this.byteOffset(tokenIndex));
  }

  /** Line and column of a byte. */
  positionAtByte(byte: number): TextPosition {
    return this.text.positionAtByte(byte);
  }

  /** Byte offset of a line and column; a column behind the line's end counts as its end, a line behind the last as the end. */
  byteAtPosition(position: TextPosition): number {
    return this.text.byteAtPosition(position);
  }

  /** First byte of a line, and the byte behind its last character (line end left out). @throws RangeError outside. */
  lineBytes(line: number): { start: number; end: number } {
    return this.text.lineBytes(line);
  }

  /** Start of a byte's character in UTF-16 units. */
  utf16AtByte(byte: number): number {
    return this.text.utf16AtByte(byte);
  }

  /** First byte of the character at a UTF-16 offset. */
  byteAtUtf16(offset: number): number {
    return this.text.byteAtUtf16(offset);
  }
}
