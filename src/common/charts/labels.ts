import type { FidelityGap, FidelityMetricName } from '../fidelity';

/** Every text of the charts, as the command line shows it; the panel's are translated. Placeholders are `{0}`, `{1}`. */
export const englishLabels = {
  strip: 'Map of {0} tokens with {1} notes in {2} layers',
  cell: '{0} notes of layer {1} among tokens {2} to {3}',
  layer: 'layer {0}',
  recent: 'recent tokens, from {0} on, all still in memory',
  checkpoint: 'checkpoint after token {0}',
  slot: 'slot',
  token: 'token',
  line: 'line:column',
  score: 'score',
  age: 'tokens ago',
  // Where a token of the file's name stands.
  fileName: 'file name',
  pool: 'Pool of layer {0}: {1} notes',
  distance: 'tokens before the end',
  samples: 'samples',
  held: 'held',
  curve: 'Fidelity by distance from the end of the file',
  start: 'start',
  end: 'end',
  metric: {
    representational: 'Recovered from memory (ETMF-a)',
    functional: 'Predicted from memory (ETMF-b)',
    vertical: 'From layer to layer (ECLMF)',
  } satisfies Record<FidelityMetricName, string>,
  definition: {
    representational:
      'What the token’s own key retrieves from the final memory, through a trained linear probe: cosine with the token’s embedding, minus the cosine for an empty memory.',
    functional:
      'Share of a token’s surprise that the final memory removes, given the few tokens before it, compared with an empty memory.',
    vertical:
      'Similarity of the note values of two layers (linear CKA), and a lower bound on the information passed on, from a trained linear probe.',
  } satisfies Record<FidelityMetricName, string>,
  gap: {
    'no-probe': 'not measured: this model ships no probe',
    'stale-probe': 'not measured: the model’s probe was trained for other weights',
    'short-text': 'not measured: the text is too short',
  } satisfies Record<FidelityGap, string>,
  // {0} with memory, {1} with a memory of nothing.
  against: {
    representational: 'cosine {0} with memory, {1} with none',
    functional: 'probability {0} with memory, {1} with none (geometric means)',
  },
  // {0} rho, {1} and {2} its interval, {3} cases.
  predicts: 'predicts recall of planted values: rank correlation {0} ({1} to {2}, {3} cases)',
  doesNotPredict: 'does NOT predict recall of planted values: rank correlation {0} ({1} to {2}, {3} cases)',
  worthUnknown: 'how well this predicts recall has not been measured for this model',
  cka: 'layer {0} to {1}: CKA {2}',
  information: 'at least {0} of the information ({1} bits per token; probe R² {2})',
};

export type ChartLabels = typeof englishLabels;

/** Puts values into the places of a text. */
export function fill(template: string, ...values: readonly (string | number)[]): string {
  return template.replace(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
