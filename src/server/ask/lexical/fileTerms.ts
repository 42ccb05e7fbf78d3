import { firstAtLeast, yieldToEvents, type LineIndex } from '../../../common';
import type { Span } from '../spans';
import { termsOf } from '../text';
import { FIELDS, fieldTexts } from './fields';
import type { Vocabulary } from './vocabulary';

/** Yields to other work after this long. Milliseconds. */
const SLICE = 8;

/**
 * The words of one file's spans, as an inverted index in flat arrays: a workspace of thousands of files has millions of entries, and
 * objects would take ten times the memory.
 */
export interface FileTerms {
  /** Numbers of the terms in the file, ascending. */
  ids: Uint32Array;
  /** Index of each term's first entry; one more than terms. */
  starts: Uint32Array;
  /** Span of each entry. */
  spans: Uint32Array;
  /** Occurrences of the term in each field of the span: `FIELDS.length` numbers per entry, at most 255. */
  counts: Uint8Array;
  /** Number of terms in each field of each span: `FIELDS.length` numbers per span. */
  lengths: Uint16Array;
}

/** Indexes the words of a file. @throws the signal's reason */
export async function fileTerms(
  vocabulary: Vocabulary,
  lines: LineIndex,
  spans: readonly Span[],
  signal?: AbortSignal,
): Promise<FileTerms> {
  const width = FIELDS.length;
  const lengths = new Uint16Array(spans.length * width);
  // Entries in the order of spans: [term, span, counts...]; sorted by term afterwards.
  const terms: number[] = [];
  const owners: number[] = [];
  const counts: number[] = [];
  let pause = performance.now() + SLICE;
  for (const [number, span] of spans.entries()) {
    const first = terms.length;
    const seen = new Map<number, number>();
    for (const [field, text] of fieldTexts(lines, span).entries()) {
      const found = termsOf(text);
      lengths[number * width + field] = Math.min(found.length, 65_535);
      for (const term of found) {
        const id = vocabulary.idOf(term);
        let entry = seen.get(id);
        if (entry === undefined) {
          entry = terms.length;
          seen.set(id, entry);
          terms.push(id);
          owners.push(number);
          for (let i = 0; i < width; i++) counts.push(0);
        }
        const at = entry * width + field;
        if (counts[at]! < 255) counts[at] = counts[at]! + 1;
      }
    }
    if (terms.length > first && performance.now() > pause) {
      await yieldToEvents();
      signal?.throwIfAborted();
      pause = performance.now() + SLICE;
    }
  }
  return packed(terms, owners, counts, lengths);
}

/**
 * Sorts the entries by term, keeping those of a term in the order of spans: a counting sort, because a large file has a million
 * of them.
 */
function packed(terms: number[], owners: number[], counts: number[], lengths: Uint16Array): FileTerms {
  const width = FIELDS.length;
  const ids = Uint32Array.from(new Set(terms)).sort();
  const ranks = new Map<number, number>();
  for (const [rank, id] of ids.entries()) ranks.set(id, rank);
  const starts = new Uint32Array(ids.length + 1);
  for (const term of terms) starts[ranks.get(term)! + 1]!++;
  for (let i = 1; i <= ids.length; i++) starts[i]! += starts[i - 1]!;
  const next = starts.slice();
  const spans = new Uint32Array(terms.length);
  const sorted = new Uint8Array(counts.length);
  for (const [entry, term] of terms.entries()) {
    const place = next[ranks.get(term)!]!++;
    spans[place] = owners[entry]!;
    for (let field = 0; field < width; field++) sorted[place * width + field] = counts[entry * width + field]!;
  }
  return { ids, starts, spans, counts: sorted, lengths };
}

/** The entries of a term: first and end, equal when there are none. */
export function entriesOf({ ids, starts }: FileTerms, id: number): [number, number] {
  const at = firstAtLeast(ids, id);
  return ids[at] === id ? [starts[at]!, starts[at + 1]!] : [0, 0];
}

/** The spans that contain a term, ascending. */
export function spansWithTerm(file: FileTerms, id: number): Uint32Array {
  const [from, to] = entriesOf(file, id);
  return file.spans.subarray(from, to);
}
