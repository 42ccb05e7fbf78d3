const closerOf: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const closers = new Set(Object.values(closerOf));

/** How far back to search for an opening bracket that a completion may close. */
const MAX_LOOKBACK = 4000;

/** The closing brackets that a text still needs, innermost last. Brackets in plain quotes do not count. */
export function openBrackets(text: string): string[] {
  const open: string[] = [];
  forEachBracket(text, (bracket) => {
    const closer = closerOf[bracket];
    if (closer !== undefined) open.push(closer);
    else if (open.at(-1) === bracket) open.pop();
  });
  return open;
}

/**
 * Balances the brackets of a completion: it ends before a closing bracket that nothing opened, and a single line whose round or
 * square bracket stays open is closed, unless the line continues after the cursor or ends with the bracket itself.
 *
 * @param before text before the cursor
 * @param after text after the cursor, at least the rest of its line
 */
export function balanceBrackets(completion: string, before: string, after: string): string {
  const allowed = openBrackets(before.slice(-MAX_LOOKBACK));
  // A bracket that the rest of the line closes must not be closed here.
  for (const bracket of restOfLine(after)) if (allowed.at(-1) === bracket) allowed.pop();
  const opened: string[] = [];
  let cut = completion.length;
  forEachBracket(completion, (bracket, index) => {
    if (index >= cut) return;
    const closer = closerOf[bracket];
    if (closer !== undefined) opened.push(closer);
    else if (opened.at(-1) === bracket) opened.pop();
    else if (opened.length === 0 && allowed.at(-1) === bracket) allowed.pop();
    else cut = index;
  });
  const kept = completion.slice(0, cut).replace(/[ \t]+$/, '');
  if (cut < completion.length || kept.includes('\n') || /[([{,]$/.test(kept)) return kept;
  const missing = opened.filter((closer) => closer !== '}').length === opened.length ? opened : [];
  return restOfLine(after).trim() === '' ? kept + [...missing].reverse().join('') : kept;
}

/** Whether a text consists only of closing brackets, quotes and separators. */
export function isOnlyClosers(text: string): boolean {
  return /^[\s)\]}>'"`;,:]*$/.test(text);
}

function restOfLine(text: string): string {
  return /^[^\r\n]*/.exec(text)![0];
}

/** Visits brackets outside of quoted strings. A quote that is not closed on its line is an apostrophe. */
function forEachBracket(text: string, visit: (bracket: string, index: number) => void): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    if (unit === '"' || unit === "'" || unit === '`') {
      const end = closingQuote(text, i);
      if (end > 0) i = end;
    } else if (unit in closerOf || closers.has(unit)) {
      visit(unit, i);
    }
  }
}

function closingQuote(text: string, start: number): number {
  for (let i = start + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === text[start]) return i;
  }
  return -1;
}
