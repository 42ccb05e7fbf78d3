import type { Tokenizer } from '../../src/engine';
import { isCode, joined, type Corpus, type HeldOutPackage } from '../corpus';

/** A long held-out document. */
export interface LongDocument {
  /** `code`: files of packages in dependency order; `prose`: their README and documentation files (Markdown). */
  sort: 'code' | 'prose';
  /** Packages in it. */
  name: string;
  ids: Uint32Array;
  headerTokens: number;
}

/**
 * Packages joined to documents of at least `tokens` tokens each, cut there; no text is in two documents.
 *
 * @param count maximum number of documents of each sort
 */
export function longDocuments(corpus: Corpus, tokenizer: Tokenizer, tokens: number, count: number): LongDocument[] {
  return (['code', 'prose'] as const).flatMap((sort) => {
    const documents: LongDocument[] = [];
    const header = tokenizer.encode(Buffer.from(sort === 'code' ? 'bundle.ts\n' : 'README.md\n'));
    const start = Uint32Array.of(tokenizer.special('<|path|>'), ...header);
    let parts: Uint32Array[] = [start];
    let names: string[] = [];
    for (const one of corpus.packages) {
      if (documents.length === count) break;
      const ids = tokenizer.encode(Buffer.from(textOf(one, sort), 'utf8'));
      if (ids.length === 0) continue;
      parts.push(ids);
      names.push(one.package);
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      if (length < tokens) continue;
      const all = new Uint32Array(length);
      parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
      documents.push({ sort, name: names.join(', '), ids: all.slice(0, tokens), headerTokens: start.length });
      parts = [start];
      names = [];
    }
    return documents;
  });
}

function textOf({ files }: HeldOutPackage, sort: LongDocument['sort']): string {
  return joined(files.filter(({ path }) => isCode(path) === (sort === 'code')));
}
