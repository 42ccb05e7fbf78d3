import { Question } from '../../../src/server/ask/question';
import { VectorScorer } from '../../../src/server/ask/meaning';
import { rank, signalWeights, SIGNALS, weigh, type Ranked, type SignalWeights } from '../../../src/server/ask/signals';
import { confidence, FOUND, type Features, featuresOf } from '../../../src/server/ask/calibration';
import type { Haystack } from './needles';
import { average } from './statistics';

/** A question of the development packages with what the signals say; the order is what is to be found. */
export interface Sample {
  kind: string;
  question: Question;
  ranked: Ranked;
  right: boolean[];
}

export async function samplesOf(kind: string, haystack: Haystack, questions = haystack.needles): Promise<Sample[]> {
  const { index, files, unitOf } = haystack;
  const scorer = index.embedder && new VectorScorer(index.embedder);
  const samples: Sample[] = [];
  for (const { question: text, right } of questions) {
    const question = new Question(text);
    const ranked = await rank(index, files, question, { scorer });
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
export function fitWeights(samples: readonly Sample[]): { weights: SignalWeights; before: number; after: number } {
  let weights: SignalWeights = { ...signalWeights, words: 1, meaning: signalWeights.meaning || 0.5 };
  const before = meanReciprocalRank(samples, signalWeights);
  let after = meanReciprocalRank(samples, weights);
  for (let round = 0; round < 4; round++) {
    for (const signal of SIGNALS) {
      if (signal === 'words') continue;
      for (const value of [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.4, 2]) {
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

/** Logistic regression: whether the first candidate is right. Absent questions have no right candidate. */
export function fitConfidence(samples: readonly Sample[]): { weights: Record<string, number>; atThreshold: object } {
  const rows = samples.map(({ ranked, question, right, kind }) => ({
    kind,
    features: featuresOf(ranked, question),
    label: right[0] === true ? 1 : 0,
  }));
  const names = Object.keys(rows[0]!.features) as (keyof Features)[];
  const weights = Object.fromEntries(['bias', ...names].map((name) => [name, 0])) as Record<string, number>;
  for (let step = 0; step < 6000; step++) {
    const gradient: Record<string, number> = Object.fromEntries(Object.keys(weights).map((name) => [name, 0]));
    for (const { features, label } of rows) {
      const sum = names.reduce((total, name) => total + weights[name]! * features[name], weights['bias']!);
      const error = 1 / (1 + Math.exp(-sum)) - label;
      gradient['bias']! += error;
      for (const name of names) gradient[name]! += error * features[name];
    }
    for (const name of Object.keys(weights)) {
      weights[name]! -= 2 * (gradient[name]! / rows.length + (name === 'bias' ? 0 : 0.001 * weights[name]!));
    }
  }
  const now = samples.map(({ ranked, question }) => confidence(ranked, question) >= FOUND);
  const share = (test: (kind: string) => boolean): number =>
    average(rows.flatMap(({ kind }, i) => (test(kind) ? [Number(now[i])] : [])));
  return {
    weights,
    atThreshold: { absentFound: share((kind) => kind === 'absent'), presentFound: share((kind) => kind === 'files') },
  };
}
