import { lastAtMost, type TextPosition } from '../../common';
import type { Tokenizer } from './tokenizer';
import { Utf16Index } from './utf16';

/** Position of each token in a text. A token that starts inside a character has the UTF-16 offset of that character. */
export class TokenOffsets extends Utf16Index {
  private readonly starts: Uint32Array;

  /**
   * @param ids the encoding of `bytes`, without header tokens
   * @throws RangeError when the tokens do not cover the bytes exactly
   */
  constructor(tokenizer: Tokenizer, ids: Uint32Array, bytes: Uint8Array) {
    super(bytes);
    this.starts = new Uint32Array(ids.length + 1);
    let at = 0;
    for (let i = 0; i < ids.length; i++) {
      this.starts[i] = at;
      at += tokenizer.tokenBytes(ids[i]!).length;
    }
    this.starts[ids.length] = at;
    if (at !== bytes.length) throw new RangeError(`the tokens cover ${at} bytes of a text of ${bytes.length}`);
  }

  get tokenCount(): number {
    return this.starts.length - 1;
  }

  /** Start of a token in bytes; the text's length for `tokenCount`. @throws RangeError outside. */
  byteOffset(tokenIndex: number): number {
    const start = this.starts[tokenIndex];
    if (start === undefined) throw new RangeError(`token ${tokenIndex} of ${this.tokenCount}`);
    return start;
  }

  /** Start of a token in UTF-16 units. @throws RangeError outside. */
  utf16Offset(tokenIndex: number): number {
    return this.utf16AtByte(this.byteOffset(tokenIndex));
  }

  /** The token that contains byte `byte`; `tokenCount` at or after the end of the text. */
  tokenAtByte(byte: number): number {
    return Math.min(this.tokenCount, lastAtMost(this.starts, byte));
  }

  /** Line and column of a token's start. A start between CR and LF counts as the end of the line. @throws RangeError outside. */
  position(tokenIndex: number): TextPosition {
    return this.positionAtByte(this.byteOffset(tokenIndex));
  }
}
