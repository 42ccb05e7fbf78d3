import type { TextDocument } from 'vscode-languageserver-textdocument';
import { languageById, languageOf } from '../grammar';
import { BracketInsertion } from './bracketInsertion';
import type { DocumentTrees } from './documentTrees';
import { GrammarInsertion } from './grammarInsertion';
import type { Insertion } from './insertion';
import type { InlineRequest } from './request';

/** The grammar of a document: by its name, or by what the editor takes it for. */
export function grammarFor(name: string, { languageId }: TextDocument): string | undefined {
  return (languageOf(name) ?? languageById(languageId))?.grammar;
}

/**
 * Calls with what insertions do to a document, by the grammar of its language where there is one.
 *
 * @throws Error when the grammar's file is damaged or missing
 */
export async function insertionAt<T>(
  trees: DocumentTrees,
  { key, name }: { key: string; name: string },
  document: TextDocument,
  { before, after, selected }: InlineRequest,
  use: (insertion: Insertion) => T,
): Promise<T> {
  const grammar = grammarFor(name, document);
  if (grammar === undefined) return use(new BracketInsertion(before, after, document.languageId));
  const text = document.getText();
  const replaced = { start: before.length - selected.length, end: text.length - after.length };
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return trees.at({ key, text, grammar }, replaced, (place) =>
    use(new GrammarInsertion(place, grammar, line, selected)),
  );
}
