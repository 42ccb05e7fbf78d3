import { askWeightsFile, type JsonReader, type ReadingEngine } from '../../../engine';
import { confidenceWeights, FOUND, type ConfidenceWeights } from './calibration';
import { signalWeights, type SignalWeights } from './signals';

/**
 * Weights of the signals, and the threshold for an answer. Fitted once per trained model (`npm run bench -- ask --kinds fit
 * --write`), because a better embedding deserves more.
 */
export interface AskWeights {
  ranking: SignalWeights;
  confidence: ConfidenceWeights;
  /** Below this probability the answer is "not found". */
  found: number;
}

/** For models without fitted weights. */
export const defaultWeights: AskWeights = { ranking: signalWeights, confidence: confidenceWeights, found: FOUND };

/**
 * The weights of a model: those in its folder, else {@link defaultWeights}.
 *
 * @throws UserError `model-file-missing` or `model-file-invalid`
 */
export async function askWeights(engine: Pick<ReadingEngine, 'beside'>): Promise<AskWeights> {
  const json = await engine.beside(askWeightsFile);
  if (json === undefined) return defaultWeights;
  return {
    ranking: numbers(json.child('ranking'), signalWeights),
    confidence: numbers(json.child('confidence'), confidenceWeights),
    found: json.number('found'),
  };
}

/** One number for each member of `like`. */
function numbers<T extends object>(json: JsonReader, like: T): T {
  return Object.fromEntries(Object.keys(like).map((name) => [name, json.number(name)])) as T;
}
