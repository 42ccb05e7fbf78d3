import { isBlank, isLineEnd } from './bytes';

/** Where generated text ends by itself. */
export type Stop = 'line' | 'block' | 'dedent';

/**
 * Decides, byte by byte, how much of a generated text is wanted.
 * - `line`: up to the end of the line.
 * - `block`: up to a blank line, to a closing bracket whose opening one was not generated, to the end of the line that closes the last
 *   bracket left open by a line before it, or to a line that is indented less than the cursor's.
 * - `dedent`: up to the first line that is indented less than the cursor's (blank lines do not count).
 *
 * Trailing white space is never part of the text: whether a line end is wanted depends on what follows it.
 */
export class StopRule {
  /** Bytes so far that certainly belong to the text. */
  safe = 0;
  private seen = 0;
  private done = false;
  private hasText = false;
  private depth = 0;
  /** Whether a line ended within brackets. */
  private spansLines = false;
  private indent: number;
  /** Column of the current line's first text, while only white space was seen in it; -1 behind that. */
  private column: number;
  /** Line ends since the last text. */
  private lineEnds = 0;
  private lastWasReturn = false;

  constructor(
    private readonly stop: Stop | undefined,
    { indent, isBlank }: CursorLine = { indent: 0, isBlank: false },
  ) {
    this.indent = indent;
    this.column = isBlank ? indent : -1;
  }

  /** The text begins with the rest of a line that is wanted for certain. */
  begin(line: Uint8Array): void {
    for (const byte of line) {
      if (isOpening(byte)) this.depth++;
      else if (isClosing(byte)) this.depth = Math.max(0, this.depth - 1);
    }
    if (line.length === 0) return;
    if (this.column >= 0) this.indent = this.column + indentation(line);
    this.column = -1;
    this.hasText = true;
  }

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
      else if (byte === TAB) this.blank(4 - (this.column % 4));
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
    if (this.stop !== 'block' || !this.hasText) return;
    if (this.depth > 0) this.spansLines = true;
    this.done ||= this.depth === 0 && (this.spansLines || this.lineEnds > 1);
  }

  private text(byte: number): void {
    if (!this.hasText && this.column >= 0) this.indent = this.column;
    else if (this.stop !== 'line' && this.column >= 0 && this.column < this.indent && this.lineEnds > 0) {
      this.done = true;
      return;
    }
    if (this.stop === 'block' && isOpening(byte)) this.depth++;
    if (this.stop === 'block' && isClosing(byte) && this.depth-- === 0) {
      this.done = true;
      return;
    }
    this.column = -1;
    this.lineEnds = 0;
    this.hasText = true;
    this.safe = this.seen + 1;
  }
}

/** The line in which the cursor stands, as far as it is given. */
export interface CursorLine {
  /** Columns that it is indented by; a tab goes to the next multiple of four. */
  readonly indent: number;
  /** Whether nothing but white space stands before the cursor: then the first line that is written decides how far it is indented. */
  readonly isBlank: boolean;
}

/** @param before UTF-8 before the cursor */
export function cursorLine(before: Uint8Array): CursorLine {
  let start = before.length;
  while (start > 0 && !isLineEnd(before[start - 1])) start--;
  const line = before.subarray(start);
  return { indent: indentation(line), isBlank: line.every(isBlank) };
}

function indentation(line: Uint8Array): number {
  let columns = 0;
  for (const byte of line) {
    if (!isBlank(byte)) break;
    columns += byte === TAB ? 4 - (columns % 4) : 1;
  }
  return columns;
}

const TAB = 0x09;

function isOpening(byte: number): boolean {
  return byte === 0x28 || byte === 0x5b || byte === 0x7b;
}

function isClosing(byte: number): boolean {
  return byte === 0x29 || byte === 0x5d || byte === 0x7d;
}
