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
    text: citedText(lines, { start, end }, line, question),
    symbol: path.length === 0 ? undefined : path.slice(-2).join('.'),
    foundBy: ['words'],
    score,
  };
}

/** A line of data can be longer than a whole file of code. Characters. */
const MAX_LINE = 400;

/** The lines of a place. One that is too long to be read is cut; where it matters, around the first word of the question in it. */
function citedText(lines: LineIndex, span: { start: number; end: number }, line: number, question: Question): string {
  const texts = spanText(lines, span).split('\n');
  return texts
    .map((text, i) => (text.length <= MAX_LINE ? text : cut(text, i === line - span.start ? question : undefined)))
    .join('\n');
}

function cut(text: string, question: Question | undefined): string {
  const from = question === undefined ? 0 : Math.max(0, question.firstMatch(text) - MAX_LINE / 4);
  const to = from + MAX_LINE;
  // Between characters.
  const part = text.slice(from, to).replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
  return `${from > 0 ? '… ' : ''}${part}${to < text.length ? ' …' : ''}`;
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
