import type { Question } from '../text';
import type { Ranked } from './signals';

/** Below this probability the best candidate is not presented as the answer. Chosen on the development packages. */
export const FOUND = 0.3;

/** Features that show whether the best candidate answers the question, each from 0 to 1. */
export interface Features {
  words: number;
  coverage: number;
  code: number;
  defines: number;
  known: number;
  meaning: number;
  embedding: number;
  /** How far the best is ahead of the next one that is not adjacent. */
  lead: number;
}

export type ConfidenceWeights = Features & { bias: number };

/**
 * Weights of the logistic regression, fitted on questions about the development packages; half of them have no answer in the
 * searched file (`npm run bench -- ask --kinds fit`).
 */
export const confidenceWeights: ConfidenceWeights = {
  bias: -5.1,
  words: 0,
  coverage: 2.9,
  code: 2.2,
  defines: 1.8,
  known: 2,
  meaning: 0.3,
  embedding: 0,
  lead: 2.2,
};

/** The features of a ranking. @returns all zeros when there is no candidate */
export function featuresOf({ candidates, known }: Ranked, question: Question): Features {
  const [best, next] = candidates;
  if (best === undefined) {
    return { words: 0, coverage: 0, code: 0, defines: 0, known: 0, meaning: 0, embedding: 0, lead: 0 };
  }
  const { words, coverage, code, defines, meaning, embedding } = best.signals;
  return {
    words,
    coverage,
    code: question.code.length === 0 ? 0 : code,
    defines: Math.min(1, defines),
    known,
    meaning,
    embedding,
    lead: next === undefined || best.score <= 0 ? 0 : 1 - Math.max(0, next.score) / best.score,
  };
}

/** The probability that the best candidate answers the question: 0 to 1. */
export function confidence(ranked: Ranked, question: Question, weights = confidenceWeights): number {
  const [best] = ranked.candidates;
  if (best === undefined) return 0;
  // Code in a question is meant literally: if it occurs nowhere, there is no answer.
  if (question.isStrict && !best.hasCode) return 0;
  const features = featuresOf(ranked, question);
  let sum = weights.bias;
  for (const name of Object.keys(features) as (keyof Features)[]) sum += weights[name] * features[name];
  return 1 / (1 + Math.exp(-sum));
}

/** A place with a smaller share of the question's words is not presented as sure, unless it defines what is named, … */
const MOST_OF_IT = 0.6;

/** … or the model finds it at least this close to the question. */
const CLOSE = 0.5;

/** A place with a smaller share of the question's words, rare ones counting more, is not shown. */
const LEAST_COVERAGE = 0.2;

/**
 * Whether the best candidates answer the question, may do so, or certainly do not: then no place fits the words.
 *
 * @param sure minimum probability for an answer
 */
export function judge(
  { candidates }: Ranked,
  question: Question,
  probability: number,
  sure: number,
): 'sure' | 'unsure' | 'none' {
  const [best] = candidates;
  if (best === undefined || (question.isStrict && !best.hasCode)) return 'none';
  const { coverage, code, defines, embedding } = best.signals;
  // Names with the requested prefix exist, or they do not.
  if (question.beginnings.length > 0 && code === 1) return 'sure';
  const fits = coverage >= MOST_OF_IT || defines > 0 || embedding >= CLOSE;
  if (probability >= sure) return fits && (!question.isStrict || code > 0) ? 'sure' : 'unsure';
  return coverage >= LEAST_COVERAGE ? 'unsure' : 'none';
}
