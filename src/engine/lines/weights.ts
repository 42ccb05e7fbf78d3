import type { JsonReader } from '../json';

/** The file of a model folder that holds {@link LineWeights}; it may be absent. */
export const linesFile = 'lines.json';

/** How lines are weighed against each other: a log-linear model with two weights, fitted once per model (`npm run bench -- lines --write`). */
export interface LineWeights {
  /** Of a line's own log probability. */
  readonly own: number;
  /** Of the log probability of what stands after the cursor, */
  readonly suffix: number;
  /** of which so many tokens are asked for. */
  readonly suffixTokens: number;
}

/** For models beside which nothing was measured: the likeliest line. */
export const defaultLineWeights: LineWeights = { own: 1, suffix: 0, suffixTokens: 0 };

/** @throws UserError `model-file-invalid` */
export function readLineWeights(json: JsonReader | undefined): LineWeights {
  if (json === undefined) return defaultLineWeights;
  return { own: json.number('own'), suffix: json.number('behind'), suffixTokens: json.count('behindTokens', 0) };
}
