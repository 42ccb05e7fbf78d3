import { Parser, type Edit, type Point, type Tree } from '@vscode/tree-sitter-wasm';
import { editBetween } from '../../common';
import { languageFor, parseText } from './parse';

/** A part of a text that is replaced. UTF-16 offsets. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** The syntax tree of a text that is edited: after the first time, only what an edit changes is parsed. */
export class DocumentTree {
  private constructor(
    private readonly parser: Parser,
    private text: string,
    private tree: Tree,
  ) {}

  /** @throws the signal's reason; Error when the grammar's file is damaged or missing */
  static async of(text: string, grammar: string, signal?: AbortSignal): Promise<DocumentTree> {
    const tree = await parseText(text, grammar, signal);
    const parser = new Parser();
    parser.setLanguage(await languageFor(grammar));
    return new DocumentTree(parser, text, tree);
  }

  /**
   * Follows the text to what it is now.
   *
   * @returns false when that would take too long: the tree is of no use any more
   */
  update(text: string, milliseconds: number): boolean {
    if (text === this.text) return true;
    const { start, oldEnd, newEnd } = editBetween(this.text, text);
    const tree = this.edited({ start, end: oldEnd, text: text.slice(start, newEnd) }, milliseconds);
    if (tree === undefined) return false;
    this.tree.delete();
    this.tree = tree;
    this.text = text;
    return true;
  }

  /** The tree of the text after an edit, which is not kept: delete it. Undefined when that takes too long. */
  edited({ start, end, text }: TextEdit, milliseconds: number): Tree | undefined {
    const whole = this.text.slice(0, start) + text + this.text.slice(end);
    const startPosition = pointAt(this.text, start);
    const edit: Edit = {
      startIndex: start,
      oldEndIndex: end,
      newEndIndex: start + text.length,
      startPosition,
      oldEndPosition: pointAt(this.text, end, start, startPosition),
      newEndPosition: pointAt(whole, start + text.length, start, startPosition),
    };
    const old = this.tree.copy();
    old.edit(edit);
    const deadline = performance.now() + milliseconds;
    const tree = this.parser.parse(whole, old, { progressCallback: (): boolean => performance.now() > deadline });
    old.delete();
    if (tree === null) this.parser.reset();
    return tree ?? undefined;
  }

  /** The whole lines that a part of the text stands in, without the last line end. */
  lineAround(start: number, end: number): { start: number; end: number } {
    const lineEnd = this.text.indexOf('\n', end);
    return {
      start: start === 0 ? 0 : this.text.lastIndexOf('\n', start - 1) + 1,
      end: lineEnd < 0 ? this.text.length : lineEnd,
    };
  }

  delete(): void {
    this.tree.delete();
    this.parser.delete();
  }
}

/** Where an offset is, counted on from a place before it. */
function pointAt(text: string, offset: number, from = 0, { row, column }: Point = { row: 0, column: 0 }): Point {
  let lineStart = from - column;
  for (let end = text.indexOf('\n', from); end >= 0 && end < offset; end = text.indexOf('\n', end + 1)) {
    row++;
    lineStart = end + 1;
  }
  return { row, column: offset - lineStart };
}
