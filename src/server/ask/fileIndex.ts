import MiniSearch from 'minisearch';
import { questionTerms, termsOf } from './terms';

/** Finds, among all files that were read, those that a question is most likely about. Holds the words of each file, not its text. */
export class FileIndex {
  private readonly index = new MiniSearch<{ id: string; terms: string }>({
    fields: ['terms'],
    tokenize: (terms) => terms.split(' '),
    processTerm: (term) => term,
    searchOptions: { combineWith: 'OR', fuzzy: false, prefix: false },
  });

  /** Adds a file, or replaces what was known of it. */
  set(id: string, bytes: Uint8Array): void {
    this.delete(id);
    const terms = new Set(termsOf(Buffer.from(bytes).toString('utf8')));
    this.index.add({ id, terms: [...terms].join(' ') });
  }

  delete(id: string): void {
    if (this.index.has(id)) this.index.discard(id);
  }

  clear(): void {
    this.index.removeAll();
  }

  /** Files with words of the question, best first. */
  search(question: string, limit: number): string[] {
    return this.index
      .search(questionTerms(question).join(' '))
      .slice(0, limit)
      .map(({ id }) => id as string);
  }
}
