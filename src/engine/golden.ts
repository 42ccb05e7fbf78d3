import { JsonReader, readJsonObject } from './json';

/** Logits computed by PyTorch, for one arithmetic. */
export interface GoldenLogits {
  /** Largest error allowed, relative to the largest logit of the position. */
  readonly tolerance: number;
  /** Largest absolute logit per position. */
  readonly maxAbs: readonly number[];
  /** Per position, at the sampled vocabulary entries. */
  readonly logits: readonly (readonly number[])[];
}

/** Golden vectors of a model: logits for the text `ids` at some positions and vocabulary entries. */
export interface Golden {
  readonly ids: Uint32Array;
  /** Ascending. */
  readonly positions: readonly number[];
  readonly vocabSample: readonly number[];
  /** The GPU graph's arithmetic: int8 weights, float activations. */
  readonly float: GoldenLogits;
  /** The CPU graph's: int8 weights and activations. */
  readonly int8: GoldenLogits;
}

/** @throws UserError `model-file-missing` or `model-file-invalid`. */
export async function loadGolden(file: string): Promise<Golden> {
  const json = new JsonReader(file, await readJsonObject(file));
  const ids = Uint32Array.from(json.numbers('ids'));
  const positions = json.numbers('positions');
  if (positions.some((p, i) => p >= ids.length || p < 0 || (i > 0 && p <= positions[i - 1]!))) {
    throw json.wrong('positions', 'ascending positions of ids');
  }
  const vocabSample = json.numbers('vocab_sample');
  const side = (key: string): GoldenLogits => {
    const part = json.child(key);
    const logits = part.array('logits').map((row) => {
      if (!Array.isArray(row) || row.length !== vocabSample.length || row.some((v) => typeof v !== 'number')) {
        throw part.wrong('logits', 'a row of numbers per position');
      }
      return row as number[];
    });
    const maxAbs = part.numbers('max_abs');
    if (logits.length !== positions.length || maxAbs.length !== positions.length) {
      throw part.wrong('logits', 'one row per position');
    }
    return { tolerance: part.number('tolerance'), maxAbs, logits };
  };
  return { ids, positions, vocabSample, float: side('float'), int8: side('int8') };
}
