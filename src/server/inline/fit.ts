import { withoutOverlap } from './overlap';
import type { Insertion, Opening } from './insertion';

/**
 * Makes a text fit at the cursor: as it is when the document has no more syntax errors with it than without, else without what stands
 * behind the cursor already, with its own brackets and blocks closed, or with fewer of its lines.
 *
 * @param text whole lines
 * @param before text before the cursor, at least its line
 * @param after text behind the cursor
 * @returns undefined when no way was found
 */
export function fit(text: string, before: string, after: string, insertion: Insertion): string | undefined {
  if (withoutOverlap(text, after).trim() === '') return undefined;
  const lines = text.split('\n');
  for (let count = lines.length; count > 0; count--) {
    const part = lines.slice(0, count).join('\n').trimEnd();
    const best = leastErrors(variants(part, before, after, insertion), insertion);
    if (best !== undefined && best.errors <= insertion.allowed) return best.text;
  }
  return undefined;
}

/** Ways to write a text, the dearest first. */
function* variants(text: string, before: string, after: string, insertion: Insertion): Generator<string> {
  const rest = /^[^\r\n]*/.exec(after)![0].trim();
  const single = withoutOverlap(text, after);
  if (single !== text) yield single;
  yield text;
  if (rest !== '') {
    // The editor has closed a bracket or a quote already.
    for (let at = text.indexOf(rest[0]!); at > 0; at = text.indexOf(rest[0]!, at + 1))
      yield text.slice(0, at).trimEnd();
    return;
  }
  const cut = firstUnopened(text);
  if (cut > 0) yield text.slice(0, cut).trimEnd();
  const openings = insertion.openings(text);
  const own = openings.filter(({ at }) => at >= 0);
  for (const some of own.length < openings.length ? [own, openings] : [own]) {
    if (some.length === 0) continue;
    const closed = close(text, before, some);
    yield closed;
    yield `${closed};`;
  }
}

function leastErrors(texts: Iterable<string>, insertion: Insertion): { text: string; errors: number } | undefined {
  let best: { text: string; errors: number } | undefined;
  for (const text of texts) {
    if (text.trim() === '') continue;
    const errors = insertion.errors(text);
    if (best === undefined || errors < best.errors) best = { text, errors };
    if (errors === 0) break;
  }
  return best;
}

/** Where the first closing bracket stands that the text does not open itself; -1 when there is none. */
function firstUnopened(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (/[([{]/.test(text[at]!)) depth++;
    else if (/[)\]}]/.test(text[at]!) && depth-- === 0) return at;
  }
  return -1;
}

/** Closes what a text opens: in the same line when something follows the opening there, else in a line of its own, indented as the opening's. */
function close(text: string, before: string, openings: readonly Opening[]): string {
  const lastLine = text.lastIndexOf('\n') + 1;
  let closed = text;
  let closedLine = -1;
  for (const { at, closer } of openings.toReversed()) {
    const line = at < 0 ? 0 : text.lastIndexOf('\n', at) + 1;
    const isWord = /\w/.test(closer);
    const staysInLine = line >= lastLine && !isWord && text.length - at > 1 && closedLine < 0;
    if (line === closedLine && !isWord) closed += closer;
    else if (staysInLine) closed += closer === '}' ? ` ${closer}` : closer;
    else {
      closed += `\n${indentation(line === 0 ? before.slice(before.lastIndexOf('\n') + 1) + text : text.slice(line))}${closer}`;
      closedLine = line;
    }
  }
  return closed;
}

function indentation(line: string): string {
  return /^[ \t]*/.exec(line)![0];
}
