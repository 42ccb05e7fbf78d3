import { isLineEnd } from './bytes';

/** Where generated text ends by itself. */
export type Stop = 'line' | 'block' | 'dedent';

/**
 * Decides, byte by byte, how much of a generated text is wanted.
 * - `line`: up to the end of the line.
 * - `block`: up to a blank line, to a closing bracket whose opening one was not generated, or to the end of the line that
 *   closes the last bracket opened here.
 * - `dedent`: up to the first line indented less than `indent` (blank lines do not count).
 *
 * Trailing white space is never part of the text: whether a line end is wanted depends on what follows it.
 */
export class StopRule {
  /** Bytes so far that certainly belong to the text. */
  safe = 0;
  private seen = 0;
  private done = false;
  private depth = 0;
  private opened = false;
  /** Column of the current line's first text while only white space was seen in it; -1 after that. */
  private column = -1;
  /** Line ends since the last text. */
  private lineEnds = 0;
  private lastWasReturn = false;

  /** @param indent indentation of the cursor's line in columns (a tab advances to the next multiple of four) */
  constructor(
    private readonly stop: Stop | undefined,
    private readonly indent = 0,
  ) {}

  /** Takes the next bytes; true when the text has ended (then `safe` is final). */
  push(bytes: Uint8Array): boolean {
    for (const byte of bytes) {
      if (this.done) break;
      this.take(byte);
      this.seen++;
    }
    return this.done;
  }

  private take(byte: number): void {
    if (this.stop === undefined) {
      this.safe = this.seen + 1;
    } else if (isLineEnd(byte)) {
      if (byte === 0x0d || !this.lastWasReturn) this.lineEnd();
      this.lastWasReturn = byte === 0x0d;
    } else {
      this.lastWasReturn = false;
      if (byte === 0x20 || byte === 0x0b || byte === 0x0c) this.blank(1);
      else if (byte === 0x09) this.blank(4 - (this.column % 4));
      else this.text(byte);
    }
  }

  private blank(columns: number): void {
    if (this.column >= 0) this.column += columns;
  }

  private lineEnd(): void {
    this.lineEnds++;
    this.column = 0;
    if (this.stop === 'line') this.done = true;
    if (this.stop !== 'block' || this.safe === 0) return;
    this.done = this.depth === 0 && (this.opened || this.lineEnds > 1);
  }

  private text(byte: number): void {
    if (this.stop === 'dedent' && this.column >= 0 && this.column < this.indent && this.lineEnds > 0) {
      this.done = true;
      return;
    }
    if (this.stop === 'block' && isOpening(byte)) {
      this.depth++;
      this.opened = true;
    }
    if (this.stop === 'block' && isClosing(byte) && this.depth-- === 0) {
      this.done = true;
      return;
    }
    this.column = -1;
    this.lineEnds = 0;
    this.safe = this.seen + 1;
  }
}

function isOpening(byte: number): boolean {
  return byte === 0x28 || byte === 0x5b || byte === 0x7b;
}

function isClosing(byte: number): boolean {
  return byte === 0x29 || byte === 0x5d || byte === 0x7d;
}
