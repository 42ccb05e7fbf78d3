import { longestMatch, type LengthWeights, type LookupWeights } from '../../src/engine/lookup';

/** A token that could come next. */
export interface Candidate {
  id: number;
  /** By the model alone. */
  logProb: number;
  occurs: boolean;
  /** What followed the same tokens elsewhere, if this one did. */
  followed: { length: number; isLongest: boolean; share: number } | undefined;
  endsLine: boolean;
}

/** One choice of a token on the way along the true text. */
export interface Step {
  candidates: Candidate[];
  /** The probability of the likeliest of all tokens. */
  certainty: number;
  /** Index of the true token among the candidates; -1 when it is none of them. */
  wanted: number;
  /** Whether any token that ends the line is right. */
  atLineEnd: boolean;
}

/** Match lengths that share their weights, each up to this one. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 10, 15, 23, longestMatch];

const KINDS = ['longest', 'longestShare', 'shorter', 'shorterShare'] as const;

/** Keeps weights of rare lengths small. */
const RIDGE = 1e-3;

const ROUNDS = 800;

/** Probability of everything that is no candidate, at least. */
const LEAST = 1e-6;

/** The weights as one list: scale, certain, occurs, then the kinds for each length. */
const FIRST_LENGTH = 3;

/** The model's own opinion. */
const own = (logProb: number, certainty: number): [place: number, value: number][] => [
  [0, logProb],
  [1, certainty * logProb],
];

/** A candidate's logit: the sum of its features, each times the weight at its place. */
function features({ logProb, occurs, followed }: Candidate, certainty: number): [place: number, value: number][] {
  const list = own(logProb, certainty);
  list.push([2, occurs ? 1 : 0]);
  if (followed) {
    const at = FIRST_LENGTH + 4 * LENGTHS.findIndex((length) => followed.length <= length);
    const kind = followed.isLongest ? 0 : 2;
    list.push([at + kind, 1], [at + kind + 1, Math.log(followed.share)]);
  }
  return list;
}

interface Prepared {
  rows: [number, number][][];
  wanted: number;
}

/** Adds what is no candidate as one more row, so that probabilities add up to 1. */
function prepare({ candidates, certainty, wanted }: Step): Prepared {
  const mass = candidates.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0);
  const rows = candidates.map((candidate) => features(candidate, certainty));
  rows.push(own(Math.log(Math.max(LEAST, 1 - mass)), certainty));
  return { rows, wanted: wanted < 0 ? candidates.length : wanted };
}

function logits({ rows }: Prepared, weights: Float64Array): number[] {
  return rows.map((row) => row.reduce((sum, [place, value]) => sum + weights[place]! * value, 0));
}

/** Mean negative log likelihood of the true tokens in nats; adds its gradient. */
function loss(steps: readonly Prepared[], weights: Float64Array, gradient?: Float64Array): number {
  let total = 0;
  for (const step of steps) {
    const scores = logits(step, weights);
    const top = Math.max(...scores);
    const exps = scores.map((score) => Math.exp(score - top));
    const sum = exps.reduce((a, b) => a + b);
    total += Math.log(sum) + top - scores[step.wanted]!;
    if (!gradient) continue;
    step.rows.forEach((row, i) => {
      const slope = (exps[i]! / sum - (i === step.wanted ? 1 : 0)) / steps.length;
      for (const [place, value] of row) gradient[place]! += slope * value;
    });
  }
  return total / steps.length;
}

/** Fits the weights by maximum likelihood (Adam on all steps at once; the problem is convex). */
export function fit(steps: readonly Step[]): LookupWeights {
  const prepared = steps.map(prepare);
  const weights = new Float64Array(FIRST_LENGTH + 4 * LENGTHS.length);
  weights[0] = 1;
  const mean = new Float64Array(weights.length);
  const square = new Float64Array(weights.length);
  for (let round = 1; round <= ROUNDS; round++) {
    const gradient = weights.map((weight, i) => (i === 0 ? 0 : 2 * RIDGE * weight));
    loss(prepared, weights, gradient);
    const rate = 0.05 * (1 - round / (ROUNDS + 1));
    gradient.forEach((slope, i) => {
      mean[i] = 0.9 * mean[i]! + 0.1 * slope;
      square[i] = 0.99 * square[i]! + 0.01 * slope ** 2;
      weights[i]! -= (rate * (mean[i] / (1 - 0.9 ** round))) / (Math.sqrt(square[i] / (1 - 0.99 ** round)) + 1e-9);
    });
  }
  const round = (value: number): number => Number(value.toFixed(3));
  return {
    scale: round(weights[0]),
    certain: round(weights[1]!),
    occurs: round(weights[2]!),
    lengths: LENGTHS.map((upTo, i): LengthWeights => {
      const at = FIRST_LENGTH + 4 * i;
      const of = (kind: (typeof KINDS)[number]): number => round(weights[at + KINDS.indexOf(kind)]!);
      return {
        upTo,
        longest: of('longest'),
        longestShare: of('longestShare'),
        shorter: of('shorter'),
        shorterShare: of('shorterShare'),
      };
    }),
  };
}

/** The weights as they lie beside a model, a column for each kind. */
export function toJson({ scale, certain, occurs, lengths }: LookupWeights, measured: object): object {
  const column = (name: keyof LengthWeights): number[] => lengths.map((weights) => weights[name]);
  const columns = Object.fromEntries((['upTo', ...KINDS] as const).map((name) => [name, column(name)]));
  return { scale, certain, occurs, lengths: columns, measured };
}

/** Mean negative log likelihood in nats: of the model alone (no weights), or with what was looked up. */
export function meanLoss(steps: readonly Step[], weights?: LookupWeights): number {
  return loss(steps.map(prepare), toList(weights));
}

/** Whether greedy choices along these steps write the true text. */
export function writes(steps: readonly Step[], weights?: LookupWeights): boolean {
  const list = toList(weights);
  return steps.every((step) => {
    const scores = logits(prepare(step), list).slice(0, step.candidates.length);
    const best = scores.indexOf(Math.max(...scores));
    return best === step.wanted || (step.atLineEnd && step.candidates[best]!.endsLine);
  });
}

function toList(weights: LookupWeights | undefined): Float64Array {
  const list = new Float64Array(FIRST_LENGTH + 4 * LENGTHS.length);
  list[0] = weights?.scale ?? 1;
  list[1] = weights?.certain ?? 0;
  list[2] = weights?.occurs ?? 0;
  weights?.lengths.forEach((of, i) =>
    list.set(
      KINDS.map((kind) => of[kind]),
      FIRST_LENGTH + 4 * i,
    ),
  );
  return list;
}
