import {
  maxMatchLength,
  type NgramMatch,
  type LengthWeights,
  type NgramWeights,
  type TextWeights,
  type WorkspaceWeights,
} from '../src/engine/ngram';

type Match = Pick<NgramMatch, 'length' | 'isLongest' | 'share'>;

/** A token that could come next. */
export interface Candidate {
  id: number;
  /** By the model alone. */
  logProb: number;
  occurs: boolean;
  /** The match in the file that this token followed, if any; likewise in other files. */
  followed: Match | undefined;
  otherFiles?: Match | undefined;
  endsLine: boolean;
}

/** One choice of a token along the true text. */
export interface Step {
  candidates: Candidate[];
  /** The probability of the likeliest of all tokens. */
  certainty: number;
  /** Length of the longest match in the file itself. */
  longest: number;
  /** Index of the true token among the candidates; -1 when it is not one. */
  wanted: number;
  /** Whether any token that ends the line is right. */
  atLineEnd: boolean;
}

/** What counts besides the model. */
export type Scope = 'file' | 'workspace';

/** Match lengths that share their weights, each up to this one. */
const LENGTHS = [1, 2, 3, 4, 5, 7, 10, 15, 23, maxMatchLength];

const KINDS = ['longest', 'longestShare', 'shorter', 'shorterShare'] as const;

/**
 * Keeps weights small where there is little to learn them from, and those of a length close to those of the next. Chosen by fitting to
 * one half of the `dev` files and measuring on the other.
 */
const RIDGE = 2e-5;
const SMOOTH = 2e-3;

const ROUNDS = 800;

/** Minimum probability of everything that is not a candidate. */
const MIN_FALL = 1e-6;

/**
 * The weights as one list: scale, certain, occurs, then a table with a column per kind for each length of matches in the file,
 * and with other files two more tables.
 */
const TABLE = KINDS.length * LENGTHS.length;
const FILE = 3;
const BEYOND = FILE + TABLE;
const WITHIN = BEYOND + TABLE;
const COUNT: Readonly<Record<Scope, number>> = { file: BEYOND, workspace: WITHIN + TABLE };

type Row = [place: number, value: number][];

/** The model's own logit. */
const own = (logProb: number, certainty: number): Row => [
  [0, logProb],
  [1, certainty * logProb],
];

/** The features of a match, with their places in a table. */
function matchFeatures(table: number, match: Match): Row {
  const at = table + KINDS.length * LENGTHS.findIndex((length) => match.length <= length) + (match.isLongest ? 0 : 2);
  return [
    [at, 1],
    [at + 1, Math.log(match.share)],
  ];
}

/** A candidate's logit: the sum of its features, each times the weight at its place. */
function features(
  { logProb, occurs, followed, otherFiles }: Candidate,
  { certainty, longest }: Step,
  scope: Scope,
): Row {
  const list = own(logProb, certainty);
  list.push([2, occurs ? 1 : 0]);
  if (followed) list.push(...matchFeatures(FILE, followed));
  if (otherFiles && scope === 'workspace') {
    list.push(...matchFeatures(otherFiles.length > longest ? BEYOND : WITHIN, otherFiles));
  }
  return list;
}

/** A step as numbers; the features of candidate `i` are those from `starts[i]` to `starts[i + 1]`. */
interface Prepared {
  starts: Int32Array;
  places: Int32Array;
  values: Float64Array;
  /** By candidate: whether it is right. At the end of a line, every token that ends it is. */
  right: Uint8Array;
}

/** Adds everything that is not a candidate as one more row, so that probabilities add up to 1. */
function prepare(step: Step, scope: Scope): Prepared {
  const { candidates, certainty, wanted, atLineEnd } = step;
  const mass = candidates.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0);
  const rows = candidates.map((candidate) => features(candidate, step, scope));
  rows.push(own(Math.log(Math.max(MIN_FALL, 1 - mass)), certainty));
  const right = Uint8Array.from(candidates, ({ endsLine }, i) => Number(i === wanted || (atLineEnd && endsLine)));
  const isAmong = right.includes(1);
  const starts = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => (starts[i + 1] = starts[i]! + row.length));
  const flat = rows.flat();
  return {
    starts,
    places: Int32Array.from(flat, ([place]) => place),
    values: Float64Array.from(flat, ([, value]) => value),
    right: Uint8Array.of(...right, Number(!isAmong)),
  };
}

function logits({ starts, places, values, right }: Prepared, weights: Float64Array): Float64Array {
  const scores = new Float64Array(right.length);
  for (let row = 0; row < right.length; row++) {
    for (let i = starts[row]!; i < starts[row + 1]!; i++) scores[row]! += weights[places[i]!]! * values[i]!;
  }
  return scores;
}

/** Mean negative log likelihood of the right tokens in nats; adds its gradient. */
function loss(steps: readonly Prepared[], weights: Float64Array, gradient?: Float64Array): number {
  let total = 0;
  for (const step of steps) {
    const { starts, places, values, right } = step;
    const exps = logits(step, weights);
    const top = exps.reduce((most, score) => Math.max(most, score), -Infinity);
    let [sum, sumRight] = [0, 0];
    for (let row = 0; row < right.length; row++) {
      exps[row] = Math.exp(exps[row]! - top);
      sum += exps[row]!;
      if (right[row]) sumRight += exps[row]!;
    }
    total += Math.log(sum) - Math.log(Math.max(sumRight, Number.MIN_VALUE));
    if (!gradient) continue;
    for (let row = 0; row < right.length; row++) {
      const slope = (exps[row]! / sum - (right[row] ? exps[row]! / sumRight : 0)) / steps.length;
      for (let i = starts[row]!; i < starts[row + 1]!; i++) gradient[places[i]!]! += slope * values[i]!;
    }
  }
  return total / steps.length;
}

/** Fits the weights by maximum likelihood: for a file alone, and separately for a file among others. */
export function fit(steps: readonly Step[]): NgramWeights & { workspace: WorkspaceWeights } {
  const [alone, among] = [fitted(steps, 'file'), fitted(steps, 'workspace')];
  const workspace = { ...text(among), beyond: table(among, BEYOND), within: table(among, WITHIN) };
  return { ...text(alone), workspace };
}

/** Adam on all steps at once. */
function fitted(steps: readonly Step[], scope: Scope): number[] {
  const prepared = steps.map((step) => prepare(step, scope));
  const weights = new Float64Array(COUNT[scope]);
  weights[0] = 1;
  const mean = new Float64Array(weights.length);
  const square = new Float64Array(weights.length);
  for (let round = 1; round <= ROUNDS; round++) {
    const gradient = slopeOfPriors(weights);
    loss(prepared, weights, gradient);
    const rate = 0.05 * (1 - round / (ROUNDS + 1));
    gradient.forEach((slope, i) => {
      mean[i] = 0.9 * mean[i]! + 0.1 * slope;
      square[i] = 0.99 * square[i]! + 0.01 * slope ** 2;
      weights[i]! -= (rate * (mean[i] / (1 - 0.9 ** round))) / (Math.sqrt(square[i] / (1 - 0.99 ** round)) + 1e-9);
    });
  }
  return Array.from(weights, (value) => Number(value.toFixed(3)));
}

/** Gradient of the priors on the weights. */
function slopeOfPriors(weights: Float64Array): Float64Array {
  const slope = weights.map((weight, i) => (i === 0 ? 0 : 2 * RIDGE * weight));
  for (let table = FILE; table + TABLE <= weights.length; table += TABLE) {
    for (let i = table; i < table + TABLE - KINDS.length; i++) {
      const difference = 2 * SMOOTH * (weights[i]! - weights[i + KINDS.length]!);
      slope[i]! += difference;
      slope[i + KINDS.length]! -= difference;
    }
  }
  return slope;
}

function text(list: readonly number[]): TextWeights {
  return { scale: list[0]!, certain: list[1]!, occurs: list[2]!, lengths: table(list, FILE) };
}

function table(list: readonly number[], start: number): LengthWeights[] {
  return LENGTHS.map((upTo, i): LengthWeights => {
    const of = (kind: (typeof KINDS)[number]): number => list[start + KINDS.length * i + KINDS.indexOf(kind)]!;
    return {
      upTo,
      longest: of('longest'),
      longestShare: of('longestShare'),
      shorter: of('shorter'),
      shorterShare: of('shorterShare'),
    };
  });
}

/** The weights in the format of a model's folder, one column per kind. */
export function toJson({ workspace, ...alone }: NgramWeights, measured: object): object {
  const columns = (lengths: readonly LengthWeights[]): object =>
    Object.fromEntries((['upTo', ...KINDS] as const).map((name) => [name, lengths.map((weights) => weights[name])]));
  return {
    ...alone,
    lengths: columns(alone.lengths),
    ...(workspace && {
      workspace: {
        ...workspace,
        lengths: columns(workspace.lengths),
        beyond: columns(workspace.beyond),
        within: columns(workspace.within),
      },
    }),
    measured,
  };
}

/** Mean negative log likelihood in nats: of the model alone (no weights), or with matches. */
export function meanLoss(steps: readonly Step[], weights?: NgramWeights, scope: Scope = 'file'): number {
  return loss(
    steps.map((step) => prepare(step, scope)),
    toList(weights, scope),
  );
}

/** Whether greedy choices along these steps write the true text. */
export function writes(steps: readonly Step[], weights?: NgramWeights, scope: Scope = 'file'): boolean {
  const list = toList(weights, scope);
  return steps.every((step) => {
    const prepared = prepare(step, scope);
    const scores = logits(prepared, list).subarray(0, step.candidates.length);
    return prepared.right[scores.indexOf(Math.max(...scores))] === 1;
  });
}

function toList(weights: NgramWeights | undefined, scope: Scope): Float64Array {
  const list = new Float64Array(COUNT[scope]);
  list[0] = 1;
  const chosen = scope === 'file' ? weights : weights?.workspace;
  if (chosen === undefined) return list;
  const setTable = (lengths: readonly LengthWeights[], start: number): void =>
    lengths.forEach((of, i) => {
      list.set(
        KINDS.map((kind) => of[kind]),
        start + KINDS.length * i,
      );
    });
  list.set([chosen.scale, chosen.certain, chosen.occurs]);
  setTable(chosen.lengths, FILE);
  if (scope === 'workspace' && weights?.workspace) {
    setTable(weights.workspace.beyond, BEYOND);
    setTable(weights.workspace.within, WITHIN);
  }
  return list;
}
