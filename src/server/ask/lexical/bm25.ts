import { entriesOf, type FileTerms } from './fileTerms';
import { FIELDS, type Field } from './fields';

/** How much a term counts in a field, and how much a longer field dilutes it (0: not at all, 1: in proportion). */
export type FieldWeights = Record<Field, { weight: number; dilution: number }>;

/** As usual for BM25F, a name counts most. `npm run bench -- ask` measures what the fields contribute. */
export const fieldWeights: FieldWeights = {
  name: { weight: 4, dilution: 0.3 },
  around: { weight: 0.6, dilution: 0.3 },
  signature: { weight: 1.5, dilution: 0.3 },
  docs: { weight: 2, dilution: 0.5 },
  body: { weight: 1, dilution: 0.6 },
};

/** How soon further occurrences of a term stop counting. */
const SATURATION = 1.2;

/** BM25F result for a span. */
export interface SpanScore {
  /** Index of the file in the list that was searched. */
  file: number;
  span: number;
  /** BM25F relative to a span full of every term of the question: 0 to 1. */
  score: number;
  /** Bit i: the span contains the i-th term of the question. */
  terms: number;
  /** Bit i: the span's name contains the i-th term. */
  named: number;
}

/** Result of a search. */
export interface SearchResult {
  scores: SpanScore[];
  /** How rare each term of the question is among the searched spans; a missing one weighs most. */
  rarity: number[];
}

/** In a long list of constants a name scores little; but where few spans have it, it is in one of them. */
const FEW_SPANS = 20;

/** Maximum number of terms of a question: one bit of a number each. */
export const MAX_TERMS = 30;

/**
 * BM25F (Robertson, Zaragoza, Taylor 2004) over the spans of some files. Rarity is counted within these files, so that a question
 * about one file is not misled by the others. Not minisearch: it saturates each field separately, counts rarity over all its files,
 * and keeps objects where a large workspace has millions of entries.
 *
 * @param terms numbers of the question's terms, undefined for one that no file has
 * @param limit number of spans to return, best first; those with a term that few spans have are returned beyond it
 * @param importance weight of each term; default: all the same
 */
export function searchWords(
  files: readonly FileTerms[],
  terms: readonly (number | undefined)[],
  limit: number,
  weights: FieldWeights = fieldWeights,
  importance: readonly number[] = [],
): SearchResult {
  const width = FIELDS.length;
  const asked = terms.slice(0, MAX_TERMS);
  const found: [file: number, term: number, from: number, to: number][] = [];
  const frequency = asked.map(() => 0);
  let total = 0;
  for (const [file, index] of files.entries()) {
    total += index.lengths.length / width;
    for (const [term, id] of asked.entries()) {
      if (id === undefined) continue;
      const [from, to] = entriesOf(index, id);
      if (to === from) continue;
      found.push([file, term, from, to]);
      frequency[term]! += to - from;
    }
  }
  const rarity = frequency.map(
    (count, term) => (importance[term] ?? 1) * Math.log(1 + (total - count + 0.5) / (count + 0.5)),
  );
  const best = rarity.reduce((sum, weight) => sum + weight, 0) * (SATURATION + 1);
  const average = averageLengths(files);
  const field = FIELDS.map((name) => weights[name]);

  const scores: SpanScore[] = [];
  let current: { file: number; bySpan: Map<number, SpanScore> } | undefined;
  for (const [file, term, from, to] of found) {
    if (current?.file !== file) current = { file, bySpan: new Map() };
    const { spans, counts, lengths } = files[file]!;
    for (let entry = from; entry < to; entry++) {
      const span = spans[entry]!;
      let frequencyHere = 0;
      for (let f = 0; f < width; f++) {
        const count = counts[entry * width + f]!;
        if (count === 0) continue;
        const { weight, dilution } = field[f]!;
        frequencyHere += (weight * count) / (1 - dilution + dilution * (lengths[span * width + f]! / average[f]!));
      }
      let score = current.bySpan.get(span);
      if (score === undefined) {
        score = { file, span, score: 0, terms: 0, named: 0 };
        current.bySpan.set(span, score);
        scores.push(score);
      }
      score.score += (rarity[term]! * frequencyHere * (SATURATION + 1)) / (frequencyHere + SATURATION) / best;
      score.terms |= 1 << term;
      if (counts[entry * width]! > 0) score.named |= 1 << term;
    }
  }
  scores.sort((a, b) => b.score - a.score || a.file - b.file || a.span - b.span);
  const rare = frequency.reduce((bits, count, term) => (count <= FEW_SPANS ? bits | (1 << term) : bits), 0);
  return { scores: scores.filter(({ terms: own }, i) => i < limit || (own & rare) !== 0), rarity };
}

function averageLengths(files: readonly FileTerms[]): number[] {
  const width = FIELDS.length;
  const sums = new Float64Array(width);
  // Empty fields (no documentation) say nothing about the length of such a field.
  const filled = new Float64Array(width);
  for (const { lengths } of files) {
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      if (length === 0) continue;
      sums[i % width]! += length;
      filled[i % width]!++;
    }
  }
  return Array.from(sums, (sum, f) => Math.max(1, sum / Math.max(1, filled[f]!)));
}
