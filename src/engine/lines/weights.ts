import type { JsonReader } from '../json';

/** File in the model folder that holds {@link LineWeights}; optional. */
export const linesFile = 'lines.json';

/** How candidate lines are scored: a log-linear model with two weights, fitted once per model (`npm run bench -- lines --write`). */
export interface LineWeights {
  /** Weight of a line's own log probability. */
  readonly own: number;
  /** Weight of the log probability of the text after the cursor, */
  readonly suffix: number;
  /** of which this many tokens count. */
  readonly suffixTokens: number;
}

/** For models without fitted weights: the likeliest line. */
export const defaultLineWeights: LineWeights = { own: 1, suffix: 0, suffixTokens: 0 };

/** @throws UserError `model-file-invalid` */
export function readLineWeights(json: JsonReader | undefined): LineWeights {
  if (json === undefined) return defaultLineWeights;
  return { own: json.number('own'), suffix: json.number('behind'), suffixTokens: json.count('behindTokens', 0) };
}
