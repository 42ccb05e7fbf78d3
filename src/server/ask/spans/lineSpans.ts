import type { LineIndex } from '../../../common';
import { declaredName, isComment } from '../text';
import type { Span } from './span';

/** Lines outside of definitions are cut after this many, so that a citation stays readable. */
const MAX_LINES = 16;

/** Minimum length of a span, so that lists of one-line definitions are not split completely. */
const MIN_LINES = 3;

/**
 * Cuts lines into spans that cover them (except blank lines between) without overlap: before declarations with their comments, at
 * blank lines, and after 16 lines. For languages without a grammar, and for lines between definitions.
 */
export function lineSpans(
  lines: LineIndex,
  from = 0,
  to = lines.lineCount,
  around: Pick<Span, 'name' | 'owners'> = { name: undefined, owners: [] },
): Span[] {
  const spans: Span[] = [];
  let start = from;
  let hasText = false;
  let previous = '';
  const close = (end: number): void => {
    if (hasText) spans.push(spanOfLines(lines, start, end, around));
    hasText = false;
  };
  for (let line = from; line < to; line++) {
    const text = lines.lineText(line);
    // A line of brackets alone says nothing.
    const blank = !/[\p{L}\p{N}]/u.test(text);
    // A comment belongs to what follows, so its first line starts the span.
    const begins = !isComment(previous) && (isComment(text) || declaredName(text) !== undefined);
    const length = line - start;
    if (length >= MAX_LINES || (length >= MIN_LINES && (blank || begins))) close(line);
    if (!blank && !hasText) {
      start = line;
      hasText = true;
    }
    previous = text;
  }
  close(to);
  return spans;
}

function spanOfLines(lines: LineIndex, start: number, end: number, around: Pick<Span, 'name' | 'owners'>): Span {
  let code = start;
  while (code < end && isComment(lines.lineText(code))) code++;
  if (code === end) code = start;
  const owners = around.name === undefined ? around.owners : [...around.owners, around.name];
  const name = declaredName(lines.lineText(code));
  return { start, end, kind: 'lines', name, owners, code, signatureEnd: code, docstring: undefined };
}
