/**
 * A text without its end that stands behind the cursor already: the whole rest of the cursor's line, or whole lines that follow, indented
 * alike. Whether it is a repetition, only the grammar can tell: a block may end with the same line as the one around it.
 *
 * @param after text behind the cursor
 */
export function withoutOverlap(text: string, after: string): string {
  const [rest = '', ...following] = after.split(/\r?\n/, MOST_LINES);
  const tail = rest.trim();
  if (tail !== '') {
    const start = text.length - tail.length;
    const isApart = start <= 0 || !(isWord(text[start - 1]) && isWord(tail[0]));
    return text.endsWith(tail) && isApart ? text.slice(0, start).trimEnd() : text;
  }
  const next = following.map((line) => line.trimEnd()).filter((line) => line !== '');
  if (next.length === 0) return text;
  const lines = text.split('\n');
  for (let i = 1; i < lines.length; i++) {
    if (lines[i]!.trimEnd() !== next[0]) continue;
    const own = lines
      .slice(i)
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
    const shared = own.findIndex((line, at) => line !== next[at]);
    // What goes on otherwise behind one line is no repetition: `break;` and `});` stand in many places.
    if (shared < 0 || shared > 1) return lines.slice(0, i).join('\n').trimEnd();
  }
  return text;
}

/** More lines than a completion has. */
const MOST_LINES = 60;

function isWord(unit: string | undefined): boolean {
  return unit !== undefined && /[\p{L}\p{N}_$]/u.test(unit);
}

/** Lines that come three times in a row and more are a model going round in circles: they are kept once. */
export function dropLoops(text: string): string {
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    for (const period of [1, 2, 3]) {
      const part = (n: number): string =>
        lines
          .slice(i + n * period, i + (n + 1) * period)
          .map((line) => line.trim())
          .join('\n');
      const telling = part(0).replace(/[^\p{L}]/gu, '').length >= TELLING;
      if (telling && part(0) === part(1) && part(1) === part(2)) return lines.slice(0, i + period).join('\n');
    }
  }
  return text;
}

/** Shorter lines repeat in good code, too. Letters. */
const TELLING = 8;
