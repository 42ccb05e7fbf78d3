import { logSumExp } from './logProbs';

/** A chosen token, with its natural log probability. */
export interface Choice {
  readonly id: number;
  readonly logProb: number;
}

/** Token ids of which only is asked whether one is among them. */
export type IdSet = Pick<ReadonlySet<number>, 'has'>;

const none: IdSet = new Set();

/** The token with the best logit; ties go to the lowest id. @param banned never chosen */
export function likeliest(logits: Float32Array, banned: IdSet = none): Choice {
  let id = -1;
  for (let i = 0; i < logits.length; i++) {
    if ((id < 0 || logits[i]! > logits[id]!) && !banned.has(i)) id = i;
  }
  return { id, logProb: logits[id]! - logSumExp(logits) };
}

/** The same among some tokens only, with their probabilities normalised to 1. @param ids ascending, at least one */
export function likeliestAmong(ids: Uint32Array, logits: Float32Array): Choice {
  const { id, logProb } = likeliest(Float32Array.from(ids, (one) => logits[one]!));
  return { id: ids[id]!, logProb };
}
