import { Question } from '../../src/server/ask/text/question';
import {
  rank,
  SIGNALS,
  signalWeights,
  weigh,
  type Ranked,
  type Signal,
  type SignalWeights,
} from '../../src/server/ask/rank/signals';
import { confidence, featuresOf, type ConfidenceWeights, type Features } from '../../src/server/ask/rank/calibration';
import type { Haystack } from './needles';
import { average } from './statistics';
import type { Tools } from './tools';

/** A question of the development packages with the values of the signals; the ranking is to be found. */
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
  // A scorer whose signals have no weight proposes nothing; here each gets a chance.
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

/** What fitting needs of a sample, laid out for thousands of passes. */
interface Column {
  kind: string;
  /** Of each signal, one number per candidate. */
  signals: Record<Signal, Float64Array>;
  right: readonly boolean[];
}

function columnsOf(samples: readonly Sample[]): Column[] {
  return samples.map(({ kind, ranked, right }) => {
    const values = (name: Signal): Float64Array => Float64Array.from(ranked.candidates, ({ signals }) => signals[name]);
    const signals = Object.fromEntries(SIGNALS.map((name) => [name, values(name)])) as Record<Signal, Float64Array>;
    return { kind, signals, right };
  });
}

/** Mean reciprocal rank of each kind of question. */
function reciprocalRanks(columns: readonly Column[], weights: SignalWeights): Map<string, number> {
  const counted = SIGNALS.filter((name) => weights[name] !== 0);
  const kinds = new Map<string, number[]>();
  for (const { kind, signals, right } of columns) {
    const scores = new Float64Array(right.length);
    for (const name of counted) {
      const [weight, values] = [weights[name], signals[name]];
      for (let i = 0; i < scores.length; i++) scores[i]! += weight * values[i]!;
    }
    let best = -Infinity;
    for (let i = 0; i < scores.length; i++) if (right[i]!) best = Math.max(best, scores[i]!);
    let above = 0;
    for (const score of scores) if (score > best) above++;
    let values = kinds.get(kind);
    if (values === undefined) kinds.set(kind, (values = []));
    values.push(best === -Infinity ? 0 : 1 / (1 + above));
  }
  return new Map([...kinds].map(([kind, values]) => [kind, average(values)]));
}

const mean = (kinds: ReadonlyMap<string, number>): number => average([...kinds.values()]);

/** The mean over kinds of questions. Where one becomes worse, the loss counts twice: no kind should pay for another. */
export function worth(kinds: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): number {
  const losses = [...kinds].map(([kind, value]) => Math.max(0, before.get(kind)! - value));
  return mean(kinds) - average(losses);
}

/**
 * The grid goes far up, because cosines of an embedding are close together: two methods of a class differ by a hundredth.
 */
const GRID = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8, 11, 16, 22];

/**
 * Weights of the signals: the best that coordinate search finds from several starting points, because it stops at the first local
 * optimum. `words` stays 1.
 *
 * @param start the model's weights so far
 * @returns with the mean reciprocal rank before and after, over all kinds of questions and of each
 */
export function fitWeights(
  samples: readonly Sample[],
  start: SignalWeights,
): { weights: SignalWeights; before: number; after: number; kinds: Record<string, number[]> } {
  const hasEmbedding = samples.some(({ ranked }) => ranked.candidates.some(({ signals }) => signals.embedding > 0));
  const places: Partial<SignalWeights>[] = hasEmbedding
    ? [
        { embedding: start.embedding || 0.4 },
        { embedding: 1.4, description: 0.5 },
        { embedding: 4, description: 8 },
        { ...signalWeights, embedding: 0.2, description: 1.4 },
      ]
    : [{ embedding: 0, description: 0 }];
  const columns = columnsOf(samples);
  const before = reciprocalRanks(columns, start);
  const found = places.map((place) =>
    climb(columns, before, { ...start, words: 1, meaning: start.meaning || 0.5, does: start.does || 0.1, ...place }),
  );
  const [{ weights }] = found.toSorted((a, b) => b.value - a.value) as [(typeof found)[0]];
  const after = reciprocalRanks(columns, weights);
  const kinds = Object.fromEntries([...before].map(([kind, value]) => [kind, [value, after.get(kind)!]]));
  return { weights, before: mean(before), after: mean(after), kinds };
}

/** Coordinate search. */
function climb(
  columns: readonly Column[],
  before: ReadonlyMap<string, number>,
  start: SignalWeights,
): { weights: SignalWeights; value: number } {
  let weights = start;
  let value = worth(reciprocalRanks(columns, weights), before);
  for (let round = 0; round < 4; round++) {
    const last = value;
    for (const signal of SIGNALS) {
      if (signal === 'words') continue;
      for (const weight of GRID) {
        const tried = { ...weights, [signal]: weight };
        const result = worth(reciprocalRanks(columns, tried), before);
        // A weight must earn its place.
        if (result > value + 0.0005) {
          value = result;
          weights = tried;
        }
      }
    }
    if (value === last) break;
  }
  return { weights, value };
}

/** The samples ranked with other weights. */
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

/** At most this share of unanswerable questions may be answered, in fitting. */
const FALSE_ANSWERS = 0.05;

const THRESHOLDS = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7];

/**
 * Logistic regression: whether the first candidate is right (absent questions have no right candidate), and the lowest threshold that
 * lets few absent ones through. No feature may have a negative weight: that would fit these packages, not questions.
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
