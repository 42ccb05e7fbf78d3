import type { LineIndex } from '../../common';
import { spanText } from './lexical';
import type { Candidate } from './rank';
import type { Question } from './text';

/** A place that answers a question, or the best there is. */
export interface Citation {
  /** The document's label. */
  label: string;
  /** 1-based; the most relevant line. */
  line: number;
  /** 1-based first and last line of the cited text. */
  startLine: number;
  endLine: number;
  text: string;
  /** What is defined there, with its owner: `QueryClient.mount`. Undefined for lines that define nothing. */
  symbol: string | undefined;
  /** How it was found: by the words of the question, the model's notes, or both. */
  foundBy: ('words' | 'notes')[];
  /** Weighted sum of the signals; comparable within one answer only. */
  score: number;
}

/** A candidate as a citation, without blank lines at its ends. */
export function cite(candidate: Candidate, lines: LineIndex, question: Question): Citation {
  const { span, file, score } = candidate;
  const { line } = lineThatMatters(candidate, lines, question);
  let { start, end } = span;
  while (start < line && lines.lineText(start).trim() === '') start++;
  while (end > line + 1 && lines.lineText(end - 1).trim() === '') end--;
  const path = [...span.owners, ...(span.name === undefined ? [] : [span.name])];
  return {
    label: file.key,
    line: line + 1,
    startLine: start + 1,
    endLine: end,
    text: spanText(lines, { start, end }),
    symbol: path.length === 0 ? undefined : path.slice(-2).join('.'),
    foundBy: ['words'],
    score,
  };
}

/** The most relevant line of a span. */
function lineThatMatters(
  { span, signals }: Candidate,
  lines: LineIndex,
  question: Question,
): { line: number; declares: boolean } {
  const text = (line: number): string => lines.lineText(line);
  const best = question.bestLine(text, span.start, span.end);
  // A definition is opened at its own line, unless a line in it declares what was asked for.
  const entersAtName = span.kind !== 'lines' && span.code < span.signatureEnd && !best.declares && !question.wantsUses;
  return entersAtName && (signals.defines > 0 || signals.code === 0)
    ? { line: span.code + attributesBefore(lines, span.code, span.signatureEnd), declares: true }
    : best;
}

/** Annotations on separate lines before the definition itself. */
function attributesBefore(lines: LineIndex, from: number, to: number): number {
  let line = from;
  while (line < to - 1 && /^\s*(@[\w.]+(\(.*\))?|#\[.*\]|#!\[.*\]|template\s*<.*>)\s*$/.test(lines.lineText(line)))
    line++;
  return line - from;
}
