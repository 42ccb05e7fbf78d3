import { logSumExp } from './logProbs';

/** How the next token is chosen. */
export interface SampleOptions {
  /** 0 or left out = greedy: the best logit, of equal ones the lowest id. */
  readonly temperature?: number;
  /** Keeps the most probable tokens whose probabilities add up to this share. Default 1 = all. */
  readonly topP?: number;
}

/** A chosen token, with its natural log probability under the unchanged distribution. */
export interface Choice {
  readonly id: number;
  readonly logProb: number;
}

/**
 * Chooses a token.
 * @param banned ids that are never chosen
 * @param random gives numbers in [0, 1); called once per choice, and never when greedy
 */
export function sample(
  logits: Float32Array,
  options: SampleOptions,
  random: () => number,
  banned: ReadonlySet<number>,
): Choice {
  const norm = logSumExp(logits);
  const temperature = options.temperature ?? 0;
  const id = temperature > 0 ? draw(logits, temperature, options.topP ?? 1, random, banned) : best(logits, banned);
  return { id, logProb: logits[id]! - norm };
}

const noIds: ReadonlySet<number> = new Set();

/**
 * Chooses among some tokens only, with their probabilities made to add up to 1.
 * @param ids ascending, at least one
 */
export function sampleAmong(
  ids: Uint32Array,
  logits: Float32Array,
  options: SampleOptions,
  random: () => number,
): Choice {
  const some = new Float32Array(ids.length);
  for (let i = 0; i < ids.length; i++) some[i] = logits[ids[i]!]!;
  const { id, logProb } = sample(some, options, random, noIds);
  return { id: ids[id]!, logProb };
}

function best(logits: Float32Array, banned: ReadonlySet<number>): number {
  let id = -1;
  for (let i = 0; i < logits.length; i++) {
    if ((id < 0 || logits[i]! > logits[id]!) && !banned.has(i)) id = i;
  }
  return id;
}

function draw(
  logits: Float32Array,
  temperature: number,
  topP: number,
  random: () => number,
  banned: ReadonlySet<number>,
): number {
  const top = logits[best(logits, banned)]!;
  const weights = new Float64Array(logits.length);
  let total = 0;
  const candidates: number[] = [];
  for (let i = 0; i < logits.length; i++) {
    const weight = banned.has(i) ? 0 : Math.exp((logits[i]! - top) / temperature);
    weights[i] = weight;
    total += weight;
    // Below this a token is not drawn in the lifetime of a machine; leaving it out keeps the sort short.
    if (weight > 1e-9) candidates.push(i);
  }
  candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
  let kept = 0;
  let mass = 0;
  while (kept < candidates.length && (kept === 0 || mass < topP * total)) mass += weights[candidates[kept++]!]!;
  let rest = random() * mass;
  for (let i = 0; i < kept; i++) {
    rest -= weights[candidates[i]!]!;
    if (rest < 0) return candidates[i]!;
  }
  return candidates[kept - 1]!;
}
