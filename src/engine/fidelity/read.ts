import type { ModelConfig } from '../config';
import type { ModelState, NoteRows } from '../state';

/** The parameters with which a note layer reads (its first read). */
export interface ReadHead {
  /** [noteHeads]: how sharp each head's attention is. */
  readonly gain: Float32Array;
  /** [noteHeads, noteHeadDim]: key of the null slot, normalised. */
  readonly nullKey: Float32Array;
  /** [noteHeads, noteHeadDim] */
  readonly nullValue: Float32Array;
}

/**
 * What a token's own note key (the context before it) retrieves from the memory at the end of a text: per head, one softmax over the
 * null slot, the notes of the pool (with the log of their importance) and the recent rows, as in the model; without the model's
 * output gate.
 * @param state with `readablePools`, so that archived notes count too
 * @param layer index in `config.noteLayers`
 * @param key [noteWidth], a row of `note_key`
 * @returns [noteWidth]
 */
export function readMemory(
  config: ModelConfig,
  state: Pick<ModelState, 'pools' | 'recent'>,
  layer: number,
  head: ReadHead,
  key: Float32Array,
): Float32Array {
  const { noteHeads, noteHeadDim: e, noteWidth } = config;
  const sources = [state.pools[layer]!, state.recent[layer]!].filter(({ count }) => count > 0);
  const result = new Float32Array(noteWidth);
  for (let h = 0; h < noteHeads; h++) {
    const query = key.subarray(h * e, (h + 1) * e).map((value) => value * head.gain[h]!);
    const logits = sources.map((rows) => rowLogits(rows, rows.count, h, e, query));
    let nothing = 0;
    for (let i = 0; i < e; i++) nothing += query[i]! * head.nullKey[h * e + i]!;
    const most = logits.reduce((max, part) => part.reduce((a, b) => Math.max(a, b), max), nothing);
    let total = Math.exp(nothing - most);
    const sum = Float64Array.from({ length: e }, (_, i) => total * head.nullValue[h * e + i]!);
    sources.forEach((rows, s) => {
      const slots = rows.bias.length;
      for (let slot = 0; slot < rows.count; slot++) {
        const weight = Math.exp(logits[s]![slot]! - most);
        total += weight;
        const at = (h * slots + slot) * e;
        for (let i = 0; i < e; i++) sum[i]! += weight * rows.value[at + i]!;
      }
    });
    for (let i = 0; i < e; i++) result[h * e + i] = sum[i]! / total;
  }
  return result;
}

/** query · key + bias per slot, for one head; keys are [noteHeads, e, slots]. */
function rowLogits(rows: NoteRows, count: number, h: number, e: number, query: Float32Array): Float64Array {
  const slots = rows.bias.length;
  const logits = Float64Array.from(rows.bias.subarray(0, count));
  for (let i = 0; i < e; i++) {
    const at = (h * e + i) * slots;
    for (let slot = 0; slot < count; slot++) logits[slot]! += query[i]! * rows.key[at + slot]!;
  }
  return logits;
}

/** Note layers (numbers of the model) whose memory holds a token, as a note of the given pools or as a recent row. */
export function heldBy(
  config: ModelConfig,
  state: Pick<ModelState, 'position' | 'pools' | 'recent'>,
  position: number,
): number[] {
  return config.noteLayers.filter((_, layer) => {
    const { count } = state.recent[layer]!;
    if (position < state.position && position >= state.position - count) return true;
    const pool = state.pools[layer]!;
    return pool.positions.subarray(0, pool.count).includes(position);
  });
}
