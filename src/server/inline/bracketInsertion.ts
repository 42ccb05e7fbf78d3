import type { Insertion, Opening } from './insertion';

const closerOf: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** How much text on both sides counts. Characters. */
const AROUND = 4000;

/** Languages of prose, in which a bracket means nothing. */
const prose = new Set(['plaintext', 'markdown', 'latex', 'restructuredtext', 'git-commit', 'scminput']);

/** Insertions in languages without a grammar: brackets that have no partner are what can be wrong with them. */
export class BracketInsertion implements Insertion {
  private readonly before: string;
  private readonly after: string;

  constructor(
    before: string,
    after: string,
    private readonly languageId: string,
  ) {
    this.before = before.slice(-AROUND);
    this.after = after.slice(0, AROUND);
  }

  get allowed(): number {
    if (prose.has(this.languageId)) return 0;
    const { before, after } = this;
    const line = before.lastIndexOf('\n') + 1;
    const { open, unopened } = pairs(before.slice(0, line) + after.replace(/^[^\r\n]*/, ''));
    return Math.min(open.length + unopened, this.errors(''));
  }

  errors(text: string): number {
    if (prose.has(this.languageId)) return 0;
    const { open, unopened } = pairs(this.before + text + this.after);
    return open.length + unopened;
  }

  openings(text: string): Opening[] {
    if (prose.has(this.languageId)) return [];
    const line = this.before.slice(this.before.lastIndexOf('\n') + 1);
    return pairs(line + text).open.map(({ at, closer }) => ({ at: at - line.length, closer }));
  }
}

/** Brackets that are not closed, outermost first, and how many closing ones have none before them. */
function pairs(text: string): { open: Opening[]; unopened: number } {
  const open: Opening[] = [];
  let unopened = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at]!;
    const closer = closerOf[unit];
    if (closer !== undefined) open.push({ at, closer });
    else if (open.at(-1)?.closer === unit) open.pop();
    else if (/[)\]}]/.test(unit)) unopened++;
  }
  return { open, unopened };
}
