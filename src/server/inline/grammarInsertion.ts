import { closerOf, leavesIn, syntaxErrors, type Leaf } from '../grammar';
import type { TreeAt } from './documentTrees';
import type { Insertion, Opening } from './insertion';

/** A text whose tree takes longer counts as one that breaks the code: far more than any takes, however busy the machine is. Milliseconds. */
const LONGEST_PARSE = 1000;

interface Parsed {
  errors: number;
  /** From the beginning of the cursor's line to the end of what is inserted. */
  leaves: Leaf[];
}

/** Insertions as the grammar of the document's language sees them: strings, comments, generics and lifetimes are its business. */
export class GrammarInsertion implements Insertion {
  private readonly parsed = new Map<string, Parsed>();
  private readonly lineStart: number;
  private allowedErrors: number | undefined;

  /**
   * @param line the cursor's line, up to what is inserted
   * @param selected text that the editor inserts before any other
   */
  constructor(
    private readonly place: TreeAt,
    private readonly grammar: string,
    private readonly line: string,
    private readonly selected: string,
  ) {
    this.lineStart = place.start + selected.length - line.length;
  }

  get allowed(): number {
    this.allowedErrors ??= Math.min(this.errors(''), this.withoutLine());
    return this.allowedErrors;
  }

  errors(text: string): number {
    return this.parse(text).errors;
  }

  openings(text: string): Opening[] {
    const written = this.line + text;
    const open: Opening[] = [];
    for (const { type, start } of this.parse(text).leaves) {
      const at = start - this.lineStart;
      if (open.at(-1)?.closer === type) open.pop();
      else {
        const closer = closerOf(this.grammar, type);
        const opens = closer !== undefined && (!/\w/.test(type) || beginsBlock(type, written.slice(0, at)));
        if (opens) open.push({ at: at - this.line.length, closer });
      }
    }
    return open;
  }

  private withoutLine(): number {
    const { tree, start, end } = this.place;
    const changed = tree.edited({ ...tree.lineAround(start, end), text: '' }, LONGEST_PARSE);
    const errors = changed === undefined ? Infinity : syntaxErrors(changed);
    changed?.delete();
    return errors;
  }

  private parse(text: string): Parsed {
    const known = this.parsed.get(text);
    if (known !== undefined) return known;
    const { tree, start, end } = this.place;
    const inserted = this.selected + text;
    const changed = tree.edited({ start, end, text: inserted }, LONGEST_PARSE);
    const parsed =
      changed === undefined
        ? { errors: Infinity, leaves: [] }
        : { errors: syntaxErrors(changed), leaves: leavesIn(changed, this.lineStart, start + inserted.length) };
    changed?.delete();
    this.parsed.set(text, parsed);
    return parsed;
  }
}

/** Whether a keyword opens a block of its own, and is not one behind a statement (`x if y`) or a part of a loop's head (`while x do`). */
function beginsBlock(keyword: string, before: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  if (keyword === 'do') return !/^\s*(while|until|for)\b/.test(line) || line.includes(';');
  return /(^|[=;]|\bthen|\belse|\bdo)\s*$/.test(line);
}
