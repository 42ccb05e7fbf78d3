import MiniSearch from 'minisearch';
import { questionTerms, termsOf } from '../../src/server/ask/text/terms';
import type { Found } from './questions';

/** A file of the project, as given to every searcher. */
export interface SearchedFile {
  path: string;
  text: string;
}

/** Finds places for a question, best first. */
export type Search = (question: string) => Found[];

/** Window size and step, in lines. */
const WINDOW = 20;
const STEP = 10;

/** Number of the question's words to search for. */
const RAREST = 3;

const stopWords = new Set(
  'the a an of to in is are for and or by on with that this it be as at from where what which who how does do i all'.split(
    ' ',
  ),
);

function windows(files: readonly SearchedFile[]): (Found & { text: string })[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    return Array.from({ length: Math.max(1, Math.ceil((lines.length - STEP) / STEP)) }, (_, i) => ({
      path,
      startLine: i * STEP + 1,
      endLine: Math.min(lines.length, i * STEP + WINDOW),
      text: lines.slice(i * STEP, i * STEP + WINDOW).join('\n'),
    }));
  });
}

/** BM25 over windows of lines, with our own words (split identifiers, stemmed): with the library's defaults it finds less. */
export function bm25(files: readonly SearchedFile[]): Search {
  const all = windows(files);
  const index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: termsOf,
    processTerm: (term) => term,
  });
  index.addAll(all.map(({ text }, id) => ({ id, text })));
  return (question) => index.search(question, { tokenize: questionTerms }).map(({ id }) => all[id as number]!);
}

/**
 * As someone would search with ripgrep: the question's rarest words, ignoring case, and the lines that contain most of them.
 */
export function rarestWords(files: readonly SearchedFile[]): Search {
  const lines = files.flatMap(({ path, text }) =>
    text.split('\n').map((line, i) => ({ path, startLine: i + 1, endLine: i + 1, text: line.toLowerCase() })),
  );
  return (question) => {
    const words = [...new Set(question.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [])];
    const asked = words
      .filter((word) => word.length > 2 && !stopWords.has(word))
      .map((word) => ({ word, lines: new Set(lines.flatMap(({ text }, i) => (text.includes(word) ? [i] : []))) }))
      .filter(({ lines: having }) => having.size > 0)
      .sort((a, b) => a.lines.size - b.lines.size)
      .slice(0, RAREST);
    const hits = new Map<number, number>();
    for (const { lines: having } of asked) for (const line of having) hits.set(line, (hits.get(line) ?? 0) + 1);
    return [...hits].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([line]) => lines[line]!);
  };
}
