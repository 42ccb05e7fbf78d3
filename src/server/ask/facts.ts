import type { LineIndex } from '../../common';
import type { Citation } from './citation';
import type { Candidate } from './rank';
import type { Question } from './text';

/** One sentence of an answer. It occurs verbatim in the place it cites. */
export interface Sentence {
  /** Copied code, or a sentence of documentation. */
  text: string;
  kind: 'code' | 'prose' | 'model';
  /** Index of the citation it was taken from. */
  citation: number;
}

/** Longest text worth repeating next to its citation. Characters. */
const MAX_LENGTH = 240;

/** Maximum number of lines of a signature. */
const MAX_SIGNATURE_LINES = 4;

/**
 * What the first cited place says about the question in a line or two: the line with a value, a signature, the first sentence of
 * the documentation. Copied, never made up.
 */
export function factsOf(
  candidates: readonly Candidate[],
  citations: readonly Citation[],
  question: Question,
  linesOf: (candidate: Candidate) => LineIndex,
): Sentence[] {
  const [first] = candidates;
  const [citation] = citations;
  if (first === undefined || citation === undefined) return [];
  if (question.beginnings.length > 0) return allBeginning(candidates, question, linesOf);
  if (question.wantsUses) {
    return citations.flatMap((one, i): Sentence[] => code(lineOf(one), i));
  }
  const { span, signals } = first;
  const lines = linesOf(first);
  const isDefinition = span.kind !== 'lines' && span.code < span.signatureEnd;
  const declaredHere = citation.line - 1;
  if (!isDefinition || declaredHere >= span.signatureEnd) {
    return signals.defines > 0 ? code(lineOf(citation), 0) : [];
  }
  const signature: string[] = [];
  for (let line = declaredHere; line < Math.min(span.signatureEnd, declaredHere + MAX_SIGNATURE_LINES); line++) {
    signature.push(lines.lineText(line).trim());
  }
  return [...code(signature.join('\n').replace(/\s*[{:]$/, ''), 0), ...documentation(lines, first)];
}

/** Maximum number of items in a list of names with a prefix. */
const MAX_LISTED = 12;

/** The lines with names that were all asked for by their prefix. */
function allBeginning(
  candidates: readonly Candidate[],
  question: Question,
  linesOf: (candidate: Candidate) => LineIndex,
): Sentence[] {
  const found = candidates.flatMap((candidate, i) => {
    const lines = linesOf(candidate);
    const { start, end } = candidate.span;
    return Array.from({ length: end - start }, (_, line) => lines.lineText(start + line))
      .filter((text) => question.codeIn(text) > 0)
      .flatMap((text) => code(text, i));
  });
  return found.filter(({ text }, i) => found.findIndex((one) => one.text === text) === i).slice(0, MAX_LISTED);
}

function code(text: string, citation: number): Sentence[] {
  const trimmed = text.trim();
  return trimmed === '' || trimmed.length > MAX_LENGTH ? [] : [{ text: trimmed, kind: 'code', citation }];
}

function lineOf({ text, line, startLine }: Citation): string {
  return text.split('\n')[line - startLine] ?? '';
}

/** The first sentence of the documentation, without comment markers. */
function documentation(lines: LineIndex, { span }: Candidate): Sentence[] {
  const [from, to] = span.docstring ?? [span.start, span.code];
  const text = Array.from({ length: Math.max(0, to - from) }, (_, i) => lines.lineText(from + i))
    .map((line) =>
      line
        .replace(/^\s*(?:\/\/[/!]?|\/\*\*?|\*\/?|#+|[rbfu]*"""|[rbfu]*''')\s?/i, '')
        .replace(/\s*(?:\*\/|"""|''')\s*$/, ''),
    )
    .filter((line) => !/^\s*(@|\[|#)/.test(line))
    .join('\n')
    .trim();
  const paragraph = text.split(/\n\s*\n/, 1)[0]!.replace(/\s+/g, ' ');
  const sentence = /^.*?[.!?](?=\s|$)/.exec(paragraph)?.[0] ?? paragraph;
  if (sentence === '' || sentence.length > MAX_LENGTH) return [];
  return [{ text: sentence, kind: 'prose', citation: 0 }];
}
