import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FidelityGap, FidelityMetricName, FidelityWorth, Measured } from '../../common';
import type { ModelConfig } from '../config';
import { modelFileMissing } from '../errors';
import { JsonReader, readJsonObject } from '../json';
import type { Manifest } from '../manifest';
import { LinearMap } from './linear';
import type { ReadHead } from './read';

/** The version of the `probe.json` layout that this engine supports. */
const format = 1;

const metricNames: readonly FidelityMetricName[] = ['representational', 'functional', 'vertical'];

/** Position of a tensor in the weight file. */
interface Place {
  readonly path: string;
  readonly offset: number;
}

/**
 * The linear probes that ship with a model (`probe.json`, `probe.bin`; made by memmamba-probe for exactly these weights).
 * They show what is in memory; the model does not depend on them.
 */
export class Probe {
  private constructor(
    private readonly config: ModelConfig,
    /** How each note layer reads: the model's own parameters, in the order of `config.noteLayers`. */
    readonly heads: readonly ReadHead[],
    /** From what was read [note layers * noteWidth] to the direction of the token's embedding [dModel]. */
    readonly recover: LinearMap,
    /** From note values of one note layer to those of the next: entry i maps note layer i to i + 1. */
    readonly up: readonly LinearMap[],
    /** How well each metric predicts recall, as measured. */
    readonly worth: Partial<Record<FidelityMetricName, FidelityWorth>>,
    private readonly embeddingMean: Float32Array,
    private readonly embedding: { readonly values: Place; readonly scales: Place },
  ) {}

  /**
   * Loads the probe listed in the manifest, whose files were verified with the others.
   * @returns the reason, when the model has no probe or one for other weights
   * @throws UserError `model-file-missing` or `model-file-invalid`
   */
  static async load(modelDir: string, manifest: Manifest, config: ModelConfig): Promise<Measured<Probe>> {
    const listed = (name: string): boolean => manifest.files.some((entry) => entry.name === name);
    if (!listed('probe.json') || !listed('probe.bin')) return gap('no-probe');
    const file = join(modelDir, 'probe.json');
    const json = new JsonReader(file, await readJsonObject(file));
    if (json.count('format') !== format) throw json.wrong('format', `${format}: the only supported version`);
    const weights = manifest.files.find(({ name }) => name === 'weights.bin');
    if (json.text('weights_sha256') !== weights?.sha256) return gap('stale-probe');

    const data = await readFile(join(modelDir, 'probe.bin')).catch((error: unknown) => {
      throw modelFileMissing(join(modelDir, 'probe.bin'), error);
    });
    const tensor = (name: string, ...shape: number[]): Float32Array =>
      readTensor(json.child('tensors'), name, shape, data);
    const { noteLayers, noteHeads: h, noteHeadDim: e, noteWidth, dModel } = config;
    const heads = noteLayers.map((layer) => ({
      gain: tensor(`gain.${layer}`, h),
      nullKey: tensor(`null_key.${layer}`, h, e),
      nullValue: tensor(`null_value.${layer}`, h, e),
    }));
    const width = noteLayers.length * noteWidth;
    const recover = new LinearMap(tensor('recover.weight', dModel, width), tensor('recover.bias', dModel));
    const up = noteLayers.slice(1).map((high, i) => {
      const name = `up.${noteLayers[i]!}.${high}`;
      return new LinearMap(tensor(`${name}.weight`, noteWidth, noteWidth), tensor(`${name}.bias`, noteWidth));
    });
    const place = (key: string): Place => {
      const entry = json.child('embedding').child(key);
      const name = entry.text('file');
      // A probe must not make the engine read files that the manifest does not list.
      if (!listed(name)) throw entry.wrong('file', 'a file of the manifest');
      return { path: join(modelDir, name), offset: entry.count('offset', 0) };
    };
    const embedding = { values: place('values'), scales: place('scales') };
    return new Probe(config, heads, recover, up, readWorth(json), tensor('embedding_mean', dModel), embedding);
  }

  /**
   * Directions of token embeddings: minus their mean over ordinary text, normalised. Read row by row from the weight file, so that
   * no second copy of the table is held.
   * @returns [dModel] per token
   * @throws UserError `model-file-missing` when the weight file is gone
   */
  async targets(ids: readonly number[]): Promise<Float32Array[]> {
    const { dModel } = this.config;
    const rows = await readRows(this.embedding.values, ids, dModel);
    const scales = await readRows(this.embedding.scales, ids, 4);
    return rows.map((row, i) => {
      const scale = scales[i]!.readFloatLE(0);
      const target = Float32Array.from({ length: dModel }, (_, d) => row.readInt8(d) * scale - this.embeddingMean[d]!);
      const length = Math.hypot(...target) || 1;
      return target.map((value) => value / length);
    });
  }
}

function gap(absent: FidelityGap): { absent: FidelityGap } {
  return { absent };
}

async function readRows(place: Place, rows: readonly number[], bytesPerRow: number): Promise<Buffer[]> {
  try {
    const file = await open(place.path, 'r');
    try {
      const out: Buffer[] = [];
      for (const row of rows) {
        const buffer = Buffer.alloc(bytesPerRow);
        await file.read(buffer, 0, bytesPerRow, place.offset + row * bytesPerRow);
        out.push(buffer);
      }
      return out;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw modelFileMissing(place.path, error);
  }
}

/** One tensor as floats; `bf16` is the upper half of a float. */
function readTensor(index: JsonReader, name: string, shape: readonly number[], data: Buffer): Float32Array {
  const entry = index.child(name);
  const found = entry.numbers('shape');
  if (found.join() !== shape.join()) throw entry.wrong('shape', `[${shape.join(', ')}]`);
  const kind = entry.text('dtype');
  if (kind !== 'f32' && kind !== 'bf16') throw entry.wrong('dtype', 'f32 or bf16');
  const offset = entry.count('offset', 0);
  const size = shape.reduce((a, b) => a * b, 1);
  const each = kind === 'f32' ? 4 : 2;
  if (offset + size * each > data.length) throw entry.wrong('offset', 'inside probe.bin');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const bits = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const at = offset + i * each;
    bits[i] = kind === 'f32' ? view.getUint32(at, true) : view.getUint16(at, true) << 16;
  }
  return new Float32Array(bits.buffer);
}

function readWorth(json: JsonReader): Partial<Record<FidelityMetricName, FidelityWorth>> {
  const all = json.child('worth');
  const worth: Partial<Record<FidelityMetricName, FidelityWorth>> = {};
  for (const name of metricNames) {
    if (!all.keys().includes(name)) continue;
    const one = all.child(name);
    const rho = one.number('rho');
    worth[name] = {
      rho,
      low: one.number('low'),
      high: one.number('high'),
      cases: one.count('cases'),
      // Decided here and not in the file: a label that does not follow from the number would mislead.
      predicts: rho >= leastRho,
    };
  }
  return worth;
}

/** From this rank correlation with recall on, a metric counts as a predictor. */
export const leastRho = 0.7;
