import type { Engine, JsonReader } from '../../engine';
import { askWeightsFile } from '../../engine';
import { confidenceWeights, FOUND, type ConfidenceWeights } from './calibration';
import { MAX_PLACES, type Reranking } from './rerank';
import { signalWeights, type SignalWeights } from './signals';

/**
 * How the signals count, and when the best candidate is an answer. Fitted once per trained model (`npm run bench -- ask --kinds fit
 * --write`), because a better embedding deserves more.
 */
export interface AskWeights {
  ranking: SignalWeights;
  confidence: ConfidenceWeights;
  /** Probability below which the answer is that memory holds none. */
  found: number;
  /** How the model's reranker counts; undefined where none was fitted: then it is not asked. */
  reranking?: Reranking | undefined;
}

/** For models to which nothing was fitted. */
export const defaultWeights: AskWeights = { ranking: signalWeights, confidence: confidenceWeights, found: FOUND };

/**
 * The weights of a model: those in its folder, else {@link defaultWeights}.
 *
 * @throws UserError `model-file-missing` or `model-file-invalid`
 */
export async function askWeights(engine: Pick<Engine, 'beside'>): Promise<AskWeights> {
  const json = await engine.beside(askWeightsFile);
  if (json === undefined) return defaultWeights;
  return {
    ranking: numbers(json.child('ranking'), signalWeights),
    confidence: numbers(json.child('confidence'), confidenceWeights),
    found: json.number('found'),
    ...(json.keys().includes('reranking') && { reranking: readReranking(json.child('reranking')) }),
  };
}

function readReranking(json: JsonReader): Reranking {
  const [places, weight] = [json.count('places'), json.number('weight')];
  if (places > MAX_PLACES) throw json.wrong('places', `a whole number of at most ${MAX_PLACES}`);
  if (weight < 0) throw json.wrong('weight', 'a number of at least 0');
  return { places, weight };
}

/** One number for each member of `like`. */
function numbers<T extends object>(json: JsonReader, like: T): T {
  return Object.fromEntries(Object.keys(like).map((name) => [name, json.number(name)])) as T;
}
