import type { JsonReader } from './json';

/** The file of a model folder that holds an {@link InfillSetting}; it may be absent. */
export const infillFile = 'infill.json';

/**
 * How much of the text behind the cursor a model is shown in a completion, and where (`server/complete/infill.ts` says in which form).
 * Measured once per trained model (`npm run bench -- infill --shown 0,32,64 --back 32,64 --write`), since a model has to have learned it.
 */
export interface InfillSetting {
  /** The first tokens of the text behind the cursor, at most so many; 0 = none. Training showed up to 128. */
  readonly shown: number;
  /** They are shown this many tokens before the cursor or up to a block more. Training: 8 to 250 tokens before the hole. */
  readonly back: number;
}

/**
 * For models beside which nothing was measured. Nothing is shown: weights that have not learned it complete fewer lines with the text
 * behind the cursor than without (models/training/EXPERIMENTS.md, 4 and 6).
 */
export const defaultInfill: InfillSetting = { shown: 0, back: 32 };

/** @throws UserError `model-file-invalid` */
export function readInfill(json: JsonReader | undefined): InfillSetting {
  return json === undefined ? defaultInfill : { shown: json.count('shown', 0), back: json.count('back') };
}
