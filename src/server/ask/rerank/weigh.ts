/** How much the reranker's numbers count for a model. */
export interface Reranking {
  /** Candidates that are looked at again: the first so many, 1 to {@link MAX_PLACES}. */
  places: number;
  /** Score for each unit by which a number is above the mean of those looked at; 0 = it is not even asked. */
  weight: number;
}

/** Looking at more places would keep people waiting: each takes a run of the model. */
export const MAX_PLACES = 16;

/**
 * Adds the reranker's numbers to the scores of the places that it looked at. What all of them have in common is left out, so that
 * their mean stays where it is beside the places that were not looked at.
 *
 * @param numbers one for each place
 */
export function addNumbers(places: readonly { score: number }[], numbers: Float32Array, weight: number): void {
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  for (const [i, place] of places.entries()) place.score += weight * (numbers[i]! - mean);
}
