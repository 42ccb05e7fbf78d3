import MiniSearch from 'minisearch';
import { Question } from '../../src/server/ask/text/question';
import type { SpanScorer } from '../../src/server/ask/rank';
import { rank, type RankOptions } from '../../src/server/ask/rank/signals';
import { questionTerms, termsOf } from '../../src/server/ask/text/terms';
import type { MiniLm } from './miniLm';
import type { Haystack } from './needles';
import type { Tools } from './tools';
import { words } from './words';

/** What is ranked: the same pieces of text for every ranker. */
export interface Unit {
  text: string;
}

/** A way to rank units for a question: their indices, best first. */
export interface Ranker {
  name: string;
  rank(question: string): Promise<number[]>;
}

/** Number of spans requested from a scorer alone. */
const SEARCHED = 200;

/**
 * As someone would with grep: units with most of the question's words (anywhere, even inside other words), first come first.
 */
export function grep(units: readonly Unit[]): Ranker {
  const texts = units.map(({ text }) => text.toLowerCase());
  const stop = new Set(
    'the a an of to in is are for and or by on with that this it be as at from where what which who how does do'.split(
      ' ',
    ),
  );
  return {
    name: 'grep',
    rank: (question) => {
      const asked = [...new Set(words(question))].filter((word) => word.length > 2 && !stop.has(word));
      const hits = texts.map((text) => asked.filter((word) => text.includes(word)).length);
      return Promise.resolve(inOrder(hits));
    },
  };
}

/**
 * minisearch. It gets our own words (split identifiers, stemmed, without stop words): with its defaults it finds much less, and a
 * weak baseline proves nothing.
 */
export function bm25(units: readonly Unit[]): Ranker {
  const index = new MiniSearch<{ id: number; text: string }>({
    fields: ['text'],
    tokenize: termsOf,
    processTerm: (term) => term,
  });
  index.addAll(units.map(({ text }, id) => ({ id, text })));
  return {
    name: 'BM25',
    rank: (question) =>
      Promise.resolve(index.search(question, { tokenize: questionTerms }).map(({ id }) => id as number)),
  };
}

/** all-MiniLM-L6-v2: cosine of mean-pooled embeddings. */
export async function miniLm(units: readonly Unit[], model: MiniLm): Promise<Ranker> {
  const vectors = await model.embed(units.map(({ text }) => text));
  return {
    name: 'MiniLM',
    rank: async (question) => {
      const [asked] = await model.embed([question]);
      return inOrder(vectors.map((vector) => dot(vector, asked!)));
    },
  };
}

/** Reciprocal rank fusion of several rankers. */
export function fused(name: string, rankers: readonly Ranker[]): Ranker {
  return {
    name,
    rank: async (question) => {
      const scores = new Map<number, number>();
      for (const ranker of rankers) {
        for (const [place, unit] of (await ranker.rank(question)).slice(0, 200).entries()) {
          scores.set(unit, (scores.get(unit) ?? 0) + 1 / (60 + place));
        }
      }
      return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([unit]) => unit);
    },
  };
}

/** One of our scorers alone. */
export function alone(name: string, { files, unitOf }: Haystack, scorer: SpanScorer): Ranker {
  return {
    name,
    rank: async (question) => {
      const found = await scorer.search(question, files, SEARCHED);
      return [...new Set(found.map(({ file, span }) => unitOf(file, span)))];
    },
  };
}

/** Ours, by default with the weights of the model. */
export function ours(
  tools: Tools,
  { index, files, unitOf }: Haystack,
  options: RankOptions = {},
  name = 'ours',
): Ranker {
  const defaults = { ...tools.scorers(index), weights: tools.asking.weights!.ranking };
  return {
    name,
    rank: async (question) => {
      const { candidates } = await rank(index, files, new Question(question), { ...defaults, ...options });
      const units = candidates.map(({ file, span }) => unitOf(file, file.spans.indexOf(span)));
      return [...new Set(units)];
    },
  };
}

/** Reciprocal of the rank of the first right unit; 0 when it is not there. */
export function reciprocalRank(ranking: readonly number[], isRight: (unit: number) => boolean): number {
  const place = ranking.findIndex(isRight);
  return place < 0 ? 0 : 1 / (place + 1);
}

function inOrder(scores: readonly number[]): number[] {
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
