import { basename } from 'node:path';
import type { ModelConfig } from './config';
import { modelShapeMismatch } from './errors';
import type { Feed, GraphSession, TensorInfo } from './session';
import type { NotePool, NoteRows } from './state';

/** Inputs of one run. Pools and `recent` may have any number of slots, the same in every note layer. */
export interface RunInput {
  readonly ids: Uint32Array;
  /** Tokens whose logits are computed; omit when `logits` is not wanted. */
  readonly logitPositions?: readonly number[];
  readonly conv: readonly Float32Array[];
  readonly ssm: readonly Float32Array[];
  readonly shift: readonly Float32Array[];
  readonly pools: readonly NotePool[];
  readonly recent: readonly NoteRows[];
}

/** What a run can compute; outputs that are not requested are not copied out. */
export interface Wanted {
  /** The next state and the notes of the run's tokens. */
  readonly state?: boolean;
  readonly logits?: boolean;
  readonly attention?: boolean;
  /** Only for a model that has one (`embeddingWidth` > 0). */
  readonly embedding?: boolean;
}

/**
 * Outputs of a run (T tokens, K logit positions, N slots of a pool, S = 1 + N + R + T attention positions). Lists are empty when not
 * requested.
 */
export interface RunOutput {
  /** [K, vocabSize] */
  readonly logits: Float32Array;
  readonly conv: readonly Float32Array[];
  readonly ssm: readonly Float32Array[];
  readonly shift: readonly Float32Array[];
  /** Per note layer [T, noteWidth]. */
  readonly noteKey: readonly Float32Array[];
  readonly noteValue: readonly Float32Array[];
  /** Per note layer [T]. */
  readonly noteScore: readonly Float32Array[];
  /** Per note layer [noteHeads, T, S]: nothing, pool, recent rows, tokens of the run. */
  readonly attention: readonly Float32Array[];
  /** Per cross layer [noteHeads, T, 1 + N * pools below]. */
  readonly crossAttention: readonly Float32Array[];
  /**
   * [T, embeddingWidth], not normalised. The normalised sum over the tokens of a definition is close to that of a question about
   * it (`<|question|>` and the text, read alone); a longer vector weighs more in the sum.
   */
  readonly embedding: Float32Array;
}

const nothing = new Float32Array(0);

/**
 * A model's graph: turns states into feeds and outputs into states. Only this class knows the session's names and
 * shapes.
 */
export class ModelGraph {
  /** @throws UserError `model-shape-mismatch` when the graph does not fit this configuration. */
  constructor(
    readonly config: ModelConfig,
    readonly session: GraphSession,
  ) {
    checkShapes(session, 'input', session.inputs, expectedInputs(config));
    checkShapes(session, 'output', session.outputs, expectedOutputs(config));
  }

  async run(input: RunInput, wanted: Wanted): Promise<RunOutput> {
    const { layers, noteLayers, crossLayers } = this.config;
    const all = Array.from({ length: layers }, (_, i) => i);
    const fetches: string[] = [];
    const ask = (name: string, indices: readonly number[], on = false): void => {
      if (on) for (const i of indices) fetches.push(`${name}.${i}`);
    };
    if (wanted.logits) fetches.push('logits');
    ask('present_conv', all, wanted.state);
    ask('present_ssm', all, wanted.state);
    for (const name of ['present_shift', 'note_key', 'note_value', 'note_score']) ask(name, noteLayers, wanted.state);
    ask('attention', noteLayers, wanted.attention);
    ask('cross_attention', crossLayers, wanted.attention);
    if (wanted.embedding) fetches.push('embedding');
    const results = await this.session.run(this.feeds(input), fetches);
    const list = (name: string, indices: readonly number[], on = false): Float32Array[] =>
      on ? indices.map((i) => results.get(`${name}.${i}`)!) : [];
    return {
      logits: results.get('logits') ?? nothing,
      conv: list('present_conv', all, wanted.state),
      ssm: list('present_ssm', all, wanted.state),
      shift: list('present_shift', noteLayers, wanted.state),
      noteKey: list('note_key', noteLayers, wanted.state),
      noteValue: list('note_value', noteLayers, wanted.state),
      noteScore: list('note_score', noteLayers, wanted.state),
      attention: list('attention', noteLayers, wanted.attention),
      crossAttention: list('cross_attention', crossLayers, wanted.attention),
      embedding: results.get('embedding') ?? nothing,
    };
  }

  private feeds(input: RunInput): Feed[] {
    const c = this.config;
    const { noteHeads: h, noteHeadDim: e } = c;
    const count = input.ids.length;
    // The graph always computes at least one row of logits.
    const positions = BigInt64Array.from(input.logitPositions ?? [count - 1], BigInt);
    const feeds: Feed[] = [
      { name: 'input_ids', type: 'int32', data: Int32Array.from(input.ids), dims: [1, count] },
      { name: 'logit_positions', type: 'int64', data: positions, dims: [positions.length] },
    ];
    const feed = (name: string, data: Float32Array, dims: readonly number[]): void => {
      feeds.push({ name, type: 'float32', data, dims });
    };
    for (let i = 0; i < c.layers; i++) {
      feed(`past_conv.${i}`, input.conv[i]!, [1, c.convKernel - 1, c.convChannels]);
      feed(`past_ssm.${i}`, input.ssm[i]!, [1, c.headCount, c.stateSize, c.headDim]);
    }
    c.noteLayers.forEach((layer, i) => {
      feed(`past_shift.${layer}`, input.shift[i]!, [1, 1, c.noteWidth]);
      for (const [name, rows] of [['pool', input.pools[i]!] as const, ['recent', input.recent[i]!] as const]) {
        const slots = rows.bias.length;
        feed(`${name}_key.${layer}`, rows.key, [1, h, e, slots]);
        feed(`${name}_value.${layer}`, rows.value, [1, h, slots, e]);
        feed(`${name}_bias.${layer}`, rows.bias, [1, 1, 1, slots]);
      }
    });
    return feeds;
  }
}

function expectedInputs(c: ModelConfig): TensorInfo[] {
  const { noteHeads: h, noteHeadDim: e } = c;
  // Graphs of old exports fix the number of slots, which works as long as nothing is archived.
  const poolSlots = c.archiveSize > 0 ? 'N' : c.poolSize;
  const list: TensorInfo[] = [
    { name: 'input_ids', type: 'int32', shape: [1, 'T'] },
    { name: 'logit_positions', type: 'int64', shape: ['K'] },
  ];
  const float = (name: string, shape: (number | string)[]): void => {
    list.push({ name, type: 'float32', shape });
  };
  for (let i = 0; i < c.layers; i++) {
    float(`past_conv.${i}`, [1, c.convKernel - 1, c.convChannels]);
    float(`past_ssm.${i}`, [1, c.headCount, c.stateSize, c.headDim]);
  }
  for (const i of c.noteLayers) {
    float(`past_shift.${i}`, [1, 1, c.noteWidth]);
    for (const [name, slots] of [['pool', poolSlots] as const, ['recent', 'R'] as const]) {
      float(`${name}_key.${i}`, [1, h, e, slots]);
      float(`${name}_value.${i}`, [1, h, slots, e]);
      float(`${name}_bias.${i}`, [1, 1, 1, slots]);
    }
  }
  return list;
}

function expectedOutputs(c: ModelConfig): TensorInfo[] {
  const list: TensorInfo[] = [];
  const float = (name: string, shape: (number | string)[]): void => {
    list.push({ name, type: 'float32', shape });
  };
  float('logits', [1, 'K', c.vocabSize]);
  if (c.embeddingWidth > 0) float('embedding', [1, 'T', c.embeddingWidth]);
  for (let i = 0; i < c.layers; i++) {
    float(`present_conv.${i}`, [1, c.convKernel - 1, c.convChannels]);
    float(`present_ssm.${i}`, [1, c.headCount, c.stateSize, c.headDim]);
  }
  for (const i of c.noteLayers) {
    float(`present_shift.${i}`, [1, 1, c.noteWidth]);
    float(`note_key.${i}`, [1, 'T', c.noteWidth]);
    float(`note_value.${i}`, [1, 'T', c.noteWidth]);
    float(`note_score.${i}`, [1, 'T', 1]);
    float(`attention.${i}`, [1, c.noteHeads, 'T', 'S']);
  }
  for (const i of c.crossLayers) float(`cross_attention.${i}`, [1, c.noteHeads, 'T', 'S']);
  return list;
}

function checkShapes(
  session: GraphSession,
  kind: 'input' | 'output',
  found: readonly TensorInfo[],
  expected: readonly TensorInfo[],
): void {
  const wrong = (detail: string): Error => modelShapeMismatch(basename(session.file), detail);
  const byName = new Map(found.map((info) => [info.name, info]));
  for (const { name, type, shape } of expected) {
    const info = byName.get(name);
    if (info === undefined) throw wrong(`it has no ${kind} ${name}`);
    if (info.type !== type) throw wrong(`${kind} ${name} holds ${info.type}, not ${type}`);
    const fits =
      info.shape.length === shape.length &&
      // Only a dimension fixed on both sides can disagree, but an input must take any number of slots.
      shape.every(
        (size, i) =>
          typeof info.shape[i] === 'string' ||
          size === info.shape[i] ||
          (typeof size === 'string' && kind === 'output'),
      );
    if (!fits) throw wrong(`${kind} ${name} is [${info.shape.join(', ')}], not [${shape.join(', ')}]`);
    byName.delete(name);
  }
  const [extra] = byName.keys();
  if (kind === 'input' && extra !== undefined) throw wrong(`it requires an input ${extra}`);
}
