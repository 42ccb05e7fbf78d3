import type { SpanIndex } from './corpus';
import { spansWithTerm } from './lexical';
import { declaredName, termsOf } from './text';

/** The places that define a name, according to spans and single lines. */
export interface DefinedAt {
  /** 0-based. */
  line: number;
  text: string;
}

/**
 * Where a file defines a name: definitions of the syntax tree, and lines that declare it (constants, members, variables). Checks
 * only spans that contain the name.
 */
export function definitionsIn(index: SpanIndex, key: string, name: string): DefinedAt[] {
  const file = index.get(key);
  const [term] = termsOf(name);
  const id = term === undefined ? undefined : index.termId(term);
  if (file === undefined || id === undefined) return [];
  const lines = index.text(key);
  const found = new Map<number, string>();
  for (const number of spansWithTerm(file.terms, id)) {
    const span = file.spans[number]!;
    for (let line = span.code; line < span.end; line++) {
      const text = lines.lineText(line);
      if (!text.includes(name)) continue;
      const isHead = span.kind !== 'lines' && span.name === name && line < span.signatureEnd;
      if (isHead || declaredName(text) === name) {
        found.set(line, text.trim());
        // A signature of several lines is one definition.
        if (isHead) line = span.signatureEnd - 1;
      }
    }
  }
  return [...found].map(([line, text]) => ({ line, text }));
}
