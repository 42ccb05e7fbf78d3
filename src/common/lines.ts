import { lastAtMost } from './search';

/** A position in a text. Lines and columns start at 0; columns count UTF-16 code units, as in editors and LSP. */
export interface TextPosition {
  line: number;
  column: number;
}

/**
 * Where the lines of a text start. A line ends at `\n`, `\r\n` or a lone `\r`, as in the language server protocol.
 */
export class LineIndex {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 10 || (unit === 13 && text.charCodeAt(i + 1) !== 10)) this.starts.push(i + 1);
    }
  }

  /** Length of the text in UTF-16 code units. */
  get length(): number {
    return this.text.length;
  }

  /** A text always has at least one line; one that ends with a line end has an empty last line. */
  get lineCount(): number {
    return this.starts.length;
  }

  /** The line without its line end. @throws RangeError for a line that does not exist */
  lineText(line: number): string {
    const start = this.starts[line];
    if (start === undefined) throw new RangeError(`no line ${line}`);
    return this.text.slice(start, this.starts[line + 1] ?? this.text.length).replace(/[\r\n]+$/, '');
  }

  /** UTF-16 offset of a position, or undefined where the text has no such line or column. */
  offsetAt({ line, column }: TextPosition): number | undefined {
    if (line < 0 || line >= this.lineCount || column < 0 || column > this.lineText(line).length) return undefined;
    return this.starts[line]! + column;
  }

  /** The position of a UTF-16 offset; offsets outside the text are clamped. */
  positionAt(offset: number): TextPosition {
    const inside = Math.max(0, Math.min(offset, this.text.length));
    const line = lastAtMost(this.starts, inside);
    return { line, column: inside - this.starts[line]! };
  }
}

/** At most `count` lines of a text: two before the line `at` (from 0), that line, and what follows. */
export function linesAround(text: string, at: number, count: number): string {
  const lines = text.split('\n');
  const start = Math.max(0, Math.min(at - 2, lines.length - count));
  return lines.slice(start, start + count).join('\n');
}
