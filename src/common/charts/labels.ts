import type { FidelityGap, FidelityMetricName } from '../fidelity';

/** Every text of the charts, as the command line shows it; the panel's are translated. Places for values are written `{0}`, `{1}`. */
export const englishLabels = {
  strip: 'Map of {0} tokens with {1} notes in {2} layers',
  cell: '{0} notes of layer {1} among tokens {2} to {3}',
  layer: 'layer {0}',
  recent: 'from token {0} on every token is still in short-term memory',
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
  curve: 'Fidelity against distance from the end of the file',
  start: 'start',
  end: 'end',
  metric: {
    representational: 'Recovered from memory (ETMF-a)',
    functional: 'Recalled from memory (ETMF-b)',
    vertical: 'From layer to layer (ECLMF)',
  } satisfies Record<FidelityMetricName, string>,
  definition: {
    representational:
      'What the token’s own key reads from the final memory, through a trained linear probe: cosine with the token’s embedding, less the cosine that a memory of nothing gives.',
    functional:
      'Share of the token’s surprise that the final memory takes away, given the few tokens before it, against a memory of nothing.',
    vertical:
      'How alike the note values of two layers are (linear CKA), and the least information that a trained linear probe proves to arrive.',
  } satisfies Record<FidelityMetricName, string>,
  gap: {
    'no-probe': 'not measured: this model ships no probe',
    'stale-probe': 'not measured: the probe beside the model was trained for other weights',
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
  worthUnknown: 'how well this predicts recall was not measured for this model',
  cka: 'layer {0} to {1}: CKA {2}',
  information: 'at least {0} of the information ({1} bits per token; probe R² {2})',
};

export type ChartLabels = typeof englishLabels;

/** Puts values into the places of a text. */
export function fill(template: string, ...values: readonly (string | number)[]): string {
  return template.replace(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
