import MiniSearch from 'minisearch';
import type { LineIndex } from '../../common';
import { spansOf, type Span } from './spans';
import { questionTerms, termsOf } from './terms';

/** A span of one of the indexed documents. */
export interface Place {
  /** Index of the document. */
  document: number;
  span: Span;
}

export interface TextHit extends Place {
  /** BM25 score. */
  score: number;
  /** Share of the question's terms that occur in the span, weighted by how rare they are: 0 to 1. */
  coverage: number;
}

/** Finds spans of documents by the words in them (BM25). */
export class TextIndex {
  private readonly index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: termsOf,
    processTerm: (term) => term,
    searchOptions: { combineWith: 'OR', fuzzy: false, prefix: false },
  });
  private readonly places: Place[] = [];
  /** Number of spans in which a term occurs. */
  private readonly frequency = new Map<string, number>();

  constructor(readonly documents: readonly LineIndex[]) {
    const items: { id: number; text: string }[] = [];
    for (const [document, lines] of documents.entries()) {
      for (const span of spansOf(lines)) {
        const text = spanText(lines, span);
        items.push({ id: this.places.length, text });
        this.places.push({ document, span });
        for (const term of new Set(termsOf(text))) this.frequency.set(term, (this.frequency.get(term) ?? 0) + 1);
      }
    }
    this.index.addAll(items);
  }

  /** The span that holds a line. */
  placeOf(document: number, line: number): Place | undefined {
    // Spans are in order of document and line.
    let low = 0;
    let high = this.places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      const { document: d, span } = this.places[middle]!;
      if (d < document || (d === document && span.start <= line)) low = middle;
      else high = middle - 1;
    }
    const place = this.places[low];
    return place?.document === document ? place : undefined;
  }

  /** Spans with words of the question, best first. */
  search(question: string, limit: number): TextHit[] {
    const terms = questionTerms(question);
    const total = terms.reduce((sum, term) => sum + this.weight(term), 0);
    return this.index
      .search(terms.join(' '))
      .slice(0, limit)
      .map((result) => {
        const found = result.queryTerms.reduce((sum, term) => sum + this.weight(term), 0);
        return { ...this.places[result.id as number]!, score: result.score, coverage: total === 0 ? 0 : found / total };
      });
  }

  /** Rare terms tell more; one that occurs nowhere tells most, since it is missing. */
  private weight(term: string): number {
    return Math.log(1 + (this.places.length + 1) / ((this.frequency.get(term) ?? 0) + 0.5));
  }
}

/** The lines of a span, joined. */
export function spanText(lines: LineIndex, { start, end }: Span): string {
  return Array.from({ length: end - start }, (_, i) => lines.lineText(start + i)).join('\n');
}
