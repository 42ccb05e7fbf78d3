import { addNumbers, type Reranker, type Reranking } from '../../../src/server/ask/rerank';
import { reciprocalOf, sorted, type Sample } from './fit';
import { average } from './statistics';

/** How many places are tried. */
const PLACES = [3, 4, 5, 6, 8];

const WEIGHTS = [0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.5, 3];

/** A setting must earn its place; the more so one with more places, which takes longer. */
const EARNS = 0.0005;

/** A question that describes something, with what the reranker says of its first places: as many as are ever tried. */
export interface Looked {
  sample: Sample;
  /** One for each of the first places. */
  numbers: Float32Array;
}

export interface FittedReranking {
  /** Undefined where no setting is better than none. */
  reranking: Reranking | undefined;
  /** Mean reciprocal rank over all of these questions. */
  before: number;
  after: number;
  questions: number;
  /** Before and after, for each kind of question. */
  kinds: Record<string, number[]>;
}

/** Asks the reranker about those of some samples that it is for. @param samples candidates best first */
export async function look(samples: readonly Sample[], reranker: Pick<Reranker, 'score'>): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (const sample of samples) {
    const { question, ranked, codeOf } = sample;
    if (!question.describes) continue;
    const places = ranked.candidates.slice(0, Math.max(...PLACES));
    looked.push({ sample, numbers: await reranker.score(question.text, places.map(codeOf)) });
  }
  return looked;
}

/** How many places are looked at, and how much it counts: the best of all that are tried. */
export function fitReranking(looked: readonly Looked[]): FittedReranking {
  const ranks = (reranking?: Reranking): number[] =>
    looked.map((one) => reciprocalOf(scoresOf(one, reranking), one.sample.right));
  const before = ranks();
  let best: { reranking: Reranking | undefined; value: number } = { reranking: undefined, value: average(before) };
  for (const places of PLACES) {
    for (const weight of WEIGHTS) {
      const value = average(ranks({ places, weight }));
      if (value > best.value + EARNS) best = { reranking: { places, weight }, value };
    }
  }
  const after = ranks(best.reranking);
  const names = [...new Set(looked.map(({ sample }) => sample.kind))];
  const ofKind = (name: string, values: readonly number[]): number =>
    average(values.filter((_, i) => looked[i]!.sample.kind === name));
  return {
    reranking: best.reranking,
    before: average(before),
    after: best.value,
    questions: looked.length,
    kinds: Object.fromEntries(names.map((name) => [name, [ofKind(name, before), ofKind(name, after)]])),
  };
}

/** The samples as the product ranks them with the reranker; those that it was not asked about stay as they are. */
export function lookedAgain(samples: readonly Sample[], looked: readonly Looked[], reranking: Reranking): Sample[] {
  const bySample = new Map(looked.map((one) => [one.sample, one]));
  return samples.map((sample) => {
    const one = bySample.get(sample);
    return one === undefined ? sample : sorted(sample, scoresOf(one, reranking));
  });
}

/** Scores of all candidates of a sample, as {@link addNumbers} makes them in the product. */
function scoresOf({ sample, numbers }: Looked, reranking?: Reranking): Float64Array {
  const scored = sample.ranked.candidates.map(({ score }) => ({ score }));
  const places = scored.slice(0, reranking?.places ?? 0);
  // One place alone has nothing to be compared with.
  if (reranking && places.length > 1) addNumbers(places, numbers.subarray(0, places.length), reranking.weight);
  return Float64Array.from(scored, ({ score }) => score);
}
