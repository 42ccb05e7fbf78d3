import type { LineIndex } from '../../../common';
import type { Span } from '../spans';

/** The parts of a span, whose words have different weights. */
export const FIELDS = ['name', 'around', 'signature', 'docs', 'body'] as const;

export type Field = (typeof FIELDS)[number];

/** The text of each field of a span, in the order of {@link FIELDS}. */
export function fieldTexts(lines: LineIndex, span: Span): string[] {
  const { start, end, code, docstring } = span;
  const signatureEnd = Math.max(code, Math.min(span.signatureEnd, end));
  const inDocstring = (line: number): boolean => docstring !== undefined && line >= docstring[0] && line < docstring[1];
  const docs = linesBetween(lines, start, code);
  const body: string[] = [];
  for (let line = signatureEnd; line < end; line++) (inDocstring(line) ? docs : body).push(lines.lineText(line));
  return [
    span.name ?? '',
    span.owners.join(' '),
    linesBetween(lines, code, signatureEnd).join('\n'),
    docs.join('\n'),
    body.join('\n'),
  ];
}

/** The lines of a span, joined. */
export function spanText(lines: LineIndex, { start, end }: Pick<Span, 'start' | 'end'>): string {
  return linesBetween(lines, start, end).join('\n');
}

function linesBetween(lines: LineIndex, start: number, end: number): string[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => lines.lineText(start + i));
}
