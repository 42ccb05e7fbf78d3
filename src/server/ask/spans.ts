import type { LineIndex } from '../../common';
import { declaredName, isComment } from './declarations';

/** A run of lines that is found and cited as one: about a definition with its beginning. 0-based, `end` exclusive. */
export interface Span {
  start: number;
  end: number;
}

/** A longer definition is cut, so that a citation stays readable. */
const MAX_LINES = 16;

/** A span is not cut before it has so many lines, so that lists of one-line definitions stay together a little. */
const MIN_LINES = 3;

/**
 * Cuts a text into spans that cover it (blank lines between them left out), without overlap: before definitions with their comments,
 * at blank lines, and after 16 lines.
 */
export function spansOf(lines: LineIndex): Span[] {
  const spans: Span[] = [];
  let start = 0;
  let hasText = false;
  let previous = '';
  for (let line = 0; line < lines.lineCount; line++) {
    const text = lines.lineText(line);
    const blank = text.trim() === '';
    // A comment belongs to what follows it, so its first line begins the span.
    const begins = !isComment(previous) && (isComment(text) || declaredName(text) !== undefined);
    const length = line - start;
    if (hasText && (length >= MAX_LINES || (length >= MIN_LINES && (blank || begins)))) {
      spans.push({ start, end: line });
      hasText = false;
    }
    if (!blank && !hasText) {
      start = line;
      hasText = true;
    }
    previous = text;
  }
  if (hasText) spans.push({ start, end: lines.lineCount });
  return spans;
}
