import { Question } from '../../../src/server/ask/question';
import { rank, SIGNALS, weigh, type Ranked, type SignalWeights } from '../../../src/server/ask/signals';
import { confidence, featuresOf, type ConfidenceWeights, type Features } from '../../../src/server/ask/calibration';
import type { Haystack } from './needles';
import { average } from './statistics';
import type { Tools } from './tools';

/** A question of the development packages with what the signals say; the order is what is to be found. */
export interface Sample {
  kind: string;
  question: Question;
  ranked: Ranked;
  right: boolean[];
}

export async function samplesOf(
  tools: Tools,
  kind: string,
  haystack: Haystack,
  questions = haystack.needles,
): Promise<Sample[]> {
  const { index, files, unitOf } = haystack;
  const { ranking } = tools.asking.weights!;
  // A scorer whose signal counts nothing proposes nothing; here each gets its chance.
  const weights = { ...ranking, embedding: ranking.embedding || 0.4 };
  const options = { ...tools.scorers(index), weights };
  const samples: Sample[] = [];
  for (const { question: text, right } of questions) {
    const question = new Question(text);
    const ranked = await rank(index, files, question, options);
    samples.push({
      kind,
      question,
      ranked,
      right: ranked.candidates.map(({ file, span }) => right.has(unitOf(file, file.spans.indexOf(span)))),
    });
  }
  return samples;
}

/** Mean reciprocal rank, each kind of question counting the same. */
function meanReciprocalRank(samples: readonly Sample[], weights: SignalWeights): number {
  const kinds = new Map<string, number[]>();
  for (const { kind, ranked, right } of samples) {
    const scores = ranked.candidates.map(({ signals }) => weigh(signals, weights));
    let best = -Infinity;
    for (const [i, score] of scores.entries()) if (right[i]) best = Math.max(best, score);
    const above = scores.filter((score) => score > best).length;
    kinds.set(kind, [...(kinds.get(kind) ?? []), best === -Infinity ? 0 : 1 / (1 + above)]);
  }
  return average([...kinds.values()].map(average));
}

/** Coordinate search for the weights of the signals. */
export function fitWeights(
  samples: readonly Sample[],
  start: SignalWeights,
): { weights: SignalWeights; before: number; after: number } {
  const hasEmbedding = samples.some(({ ranked }) => ranked.candidates.some(({ signals }) => signals.embedding > 0));
  let weights: SignalWeights = {
    ...start,
    words: 1,
    meaning: start.meaning || 0.5,
    embedding: hasEmbedding ? start.embedding || 0.4 : 0,
  };
  const before = meanReciprocalRank(samples, start);
  let after = meanReciprocalRank(samples, weights);
  for (let round = 0; round < 4; round++) {
    for (const signal of SIGNALS) {
      if (signal === 'words') continue;
      for (const value of [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.4, 2, 2.8, 4]) {
        const tried = { ...weights, [signal]: value };
        const result = meanReciprocalRank(samples, tried);
        // A weight must earn its place.
        if (result > after + 0.0005) {
          after = result;
          weights = tried;
        }
      }
    }
  }
  return { weights, before, after };
}

/** The samples in the order that other weights give. */
export function reranked(samples: readonly Sample[], weights: SignalWeights): Sample[] {
  return samples.map(({ ranked, right, ...sample }) => {
    const order = ranked.candidates
      .map((candidate, i) => ({
        candidate: { ...candidate, score: weigh(candidate.signals, weights) },
        right: right[i]!,
      }))
      .sort((a, b) => b.candidate.score - a.candidate.score);
    return {
      ...sample,
      ranked: { ...ranked, candidates: order.map(({ candidate }) => candidate) },
      right: order.map((one) => one.right),
    };
  });
}

/** At most this share of questions without an answer may be answered, where it is fitted. */
const FALSE_ANSWERS = 0.05;

const THRESHOLDS = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7];

/**
 * Logistic regression: whether the first candidate is right (absent questions have no right candidate), and the lowest threshold that
 * lets few absent ones through. No feature may count against an answer: that would fit these packages, not questions.
 */
export function fitConfidence(samples: readonly Sample[]): {
  weights: ConfidenceWeights;
  found: number;
  atThreshold: { absentFound: number; presentFound: number };
} {
  const rows = samples.map(({ ranked, question, right }) => ({
    features: featuresOf(ranked, question),
    label: right[0] === true ? 1 : 0,
  }));
  const names = Object.keys(rows[0]!.features) as (keyof Features)[];
  const weights = Object.fromEntries(['bias', ...names].map((name) => [name, 0])) as unknown as ConfidenceWeights;
  for (let step = 0; step < 6000; step++) {
    const gradient = Object.fromEntries(Object.keys(weights).map((name) => [name, 0])) as unknown as ConfidenceWeights;
    for (const { features, label } of rows) {
      const sum = names.reduce((total, name) => total + weights[name] * features[name], weights.bias);
      const error = 1 / (1 + Math.exp(-sum)) - label;
      gradient.bias += error;
      for (const name of names) gradient[name] += error * features[name];
    }
    for (const name of ['bias', ...names] as const) {
      const next = weights[name] - 2 * (gradient[name] / rows.length + (name === 'bias' ? 0 : 0.001 * weights[name]));
      weights[name] = name === 'bias' ? next : Math.max(0, next);
    }
  }
  const probabilities = samples.map(({ ranked, question }) => confidence(ranked, question, weights));
  const share = (wanted: string, threshold: number): number =>
    average(samples.flatMap(({ kind }, i) => (kind === wanted ? [Number(probabilities[i]! >= threshold)] : [])));
  const found = THRESHOLDS.find((threshold) => share('absent', threshold) <= FALSE_ANSWERS) ?? THRESHOLDS.at(-1)!;
  for (const name of ['bias', ...names] as const) weights[name] = Number(weights[name].toFixed(3));
  return {
    weights,
    found,
    atThreshold: { absentFound: share('absent', found), presentFound: share('files', found) },
  };
}
