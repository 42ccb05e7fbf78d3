import { yieldToEvents, type LineIndex } from '../../../common';
import { languageOf, parseText, type LanguageKinds } from '../../grammar';
import { lineSpans } from './lineSpans';
import { outline } from './outline';
import type { Definition, Span } from './span';

/** A longer definition is cut into parts, which keep its name. */
const MAX_LINES = 80;

/** Approximate length of one part of a long definition. */
const PART_LINES = 40;

/**
 * Cuts a file into spans of about one definition each, which cover it (except blank lines between) without overlap: by its
 * syntax tree where there is a grammar for its language, else by lines.
 *
 * @param fileName decides the language
 * @throws the signal's reason; Error when a grammar cannot be loaded
 */
export async function spansOf(text: string, lines: LineIndex, fileName: string, signal?: AbortSignal): Promise<Span[]> {
  const language = languageOf(fileName);
  if (language === undefined) return lineSpans(lines);
  const definitions = await definitionsOf(text, lines, language, signal);
  return cover(lines, definitions, 0, lines.lineCount, { name: undefined, owners: [] });
}

/** The definitions of a file, nested; none for a language without a grammar. */
export async function definitionsOf(
  text: string,
  lines: LineIndex,
  language: LanguageKinds,
  signal?: AbortSignal,
): Promise<Definition[]> {
  // For grammars, a lone CR ends no line, so that a comment would go on to the end of the file.
  const tree = await parseText(text.replace(/\r(?!\n)/g, '\n'), language.grammar, signal);
  try {
    await yieldToEvents();
    return outline(tree.rootNode, language, (offset) => lines.positionAt(offset).line);
  } finally {
    tree.delete();
  }
}

type Around = Pick<Span, 'name' | 'owners'>;

/** Spans of the definitions and of the lines between them. */
function cover(lines: LineIndex, definitions: Definition[], from: number, to: number, around: Around): Span[] {
  const spans: Span[] = [];
  let at = from;
  for (const definition of definitions) {
    if (definition.start > at) spans.push(...lineSpans(lines, at, definition.start, around));
    spans.push(...spansOfDefinition(lines, definition, around));
    at = Math.max(at, definition.end);
  }
  if (at < to) spans.push(...lineSpans(lines, at, to, around));
  return spans;
}

function spansOfDefinition(lines: LineIndex, definition: Definition, around: Around): Span[] {
  const { children, ...own } = definition;
  const owners = around.name === undefined ? around.owners : [...around.owners, around.name];
  const whole: Span = { ...own, owners };
  const inner: Around = { name: definition.name ?? around.name, owners };
  if (children.length === 0) {
    return whole.end - whole.start <= MAX_LINES ? [whole] : parts(lines, whole);
  }
  // The head is a separate span: documentation, signature and what precedes the first member, unless that is long.
  const first = children[0]!.start;
  const headEnd = Math.max(whole.signatureEnd, Math.min(first, whole.start + PART_LINES));
  const head = { ...whole, end: trimmedEnd(lines, whole.start, headEnd) };
  return [head, ...cover(lines, children, headEnd, whole.end, inner)];
}

/** Cuts a long definition at its blank or least indented lines. Every part keeps the name. */
function parts(lines: LineIndex, whole: Span): Span[] {
  const spans: Span[] = [];
  let start = whole.start;
  while (start < whole.end) {
    const end = whole.end - start <= PART_LINES * 1.5 ? whole.end : cutNear(lines, start + PART_LINES, whole.end);
    const isFirst = start === whole.start;
    const code = isFirst ? Math.min(whole.code, end) : start;
    spans.push({
      ...whole,
      start,
      end: trimmedEnd(lines, start, end),
      code,
      signatureEnd: isFirst ? Math.min(whole.signatureEnd, end) : start,
      docstring:
        whole.docstring && whole.docstring[0] >= start && whole.docstring[1] <= end ? whole.docstring : undefined,
    });
    start = end;
  }
  return spans;
}

/** The best line near `wanted` to cut at: after a blank line, or before the least indented one. */
function cutNear(lines: LineIndex, wanted: number, limit: number): number {
  let best = wanted;
  let lowest = Infinity;
  for (let line = wanted - 8; line <= Math.min(wanted + 8, limit - 1); line++) {
    const text = lines.lineText(line);
    const cost = lines.lineText(line - 1).trim() === '' ? -1 : text.search(/\S/);
    if (text.trim() !== '' && cost < lowest) {
      lowest = cost;
      best = line;
    }
  }
  return best;
}

function trimmedEnd(lines: LineIndex, start: number, end: number): number {
  while (end > start + 1 && lines.lineText(end - 1).trim() === '') end--;
  return end;
}
