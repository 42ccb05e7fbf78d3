import { join } from 'node:path';
import { modelFileInvalid } from './errors';
import { JsonReader, readJsonObject } from './json';

/** Shapes of one model, from its `config.json`. All sizes are counts; layer numbers are 0-based and ascending. */
export interface ModelConfig {
  readonly modelType: 'memmamba';
  readonly vocabSize: number;
  readonly dModel: number;
  readonly layers: number;
  /** expand * dModel = headCount * headDim */
  readonly headCount: number;
  readonly headDim: number;
  /** Rows of the recurrent state per head. */
  readonly stateSize: number;
  readonly convKernel: number;
  /** Channels of the causal convolution. */
  readonly convChannels: number;
  /**
   * Tokens per block: the best notes of each block are candidates for the pool, and the last complete block stays
   * readable row by row.
   */
  readonly blockSize: number;
  /** Maximum number of tokens the model reads in one run; a multiple of `stateGrid`. */
  readonly runTokens: number;
  /** Tokens between two positions at which a state can be taken, keyed and stored; a multiple of `blockSize`. */
  readonly stateGrid: number;
  readonly notesPerBlock: number;
  /** Notes kept per note layer. */
  readonly poolSize: number;
  /**
   * Number of most recent blocks whose notes an older note cannot displace. 0 = only the score counts, whatever the age.
   */
  readonly protectedBlocks: number;
  /** Evicted notes kept per note layer besides the pool, for decoders only. 0 = evicted notes are dropped. */
  readonly archiveSize: number;
  readonly noteHeads: number;
  readonly noteHeadDim: number;
  /** noteHeads * noteHeadDim */
  readonly noteWidth: number;
  readonly noteLayers: readonly number[];
  /** Note layers that also read the pools of the note layers below them. */
  readonly crossLayers: readonly number[];
  /** Width of the embedding the model computes for each token; 0 = none. */
  readonly embeddingWidth: number;
}

/**
 * Reads and checks `config.json` of a model folder.
 * @throws UserError naming the file and the member that is missing or contradicts another.
 */
export async function loadConfig(modelDir: string): Promise<ModelConfig> {
  const file = join(modelDir, 'config.json');
  const json = new JsonReader(file, await readJsonObject(file));
  if (json.text('model_type') !== 'memmamba') throw json.wrong('model_type', '"memmamba"');
  // Dropping the oldest note is a training experiment; the engine keeps the best ones.
  if (json.text('replacement') !== 'priority') throw json.wrong('replacement', '"priority"');
  const dModel = json.count('hidden_size');
  const dInner = dModel * json.count('expand');
  const headCount = json.count('num_heads');
  const headDim = json.count('head_dim');
  if (headCount * headDim !== dInner) throw json.wrong('num_heads', `${dInner} / head_dim`);
  const stateSize = json.count('state_size');
  const layers = json.count('num_hidden_layers');
  const blockSize = json.count('block_size');
  const notesPerBlock = json.count('notes_per_block');
  if (notesPerBlock > blockSize) throw json.wrong('notes_per_block', 'at most block_size');
  const noteHeads = json.count('note_heads');
  const noteHeadDim = json.count('note_head_dim');
  const noteLayers = layerList(json, 'note_layers', layers);
  const crossLayers = layerList(json, 'cross_layers', layers);
  if (noteLayers.length === 0) throw modelFileInvalid(file, 'a model without note layers has no memory');
  for (const layer of crossLayers) {
    if (!noteLayers.includes(layer) || layer === noteLayers[0]) {
      throw json.wrong('cross_layers', 'note layers above the first one');
    }
  }
  return {
    modelType: 'memmamba',
    vocabSize: json.count('vocab_size'),
    dModel,
    layers,
    headCount,
    headDim,
    stateSize,
    convKernel: json.count('conv_kernel', 2),
    convChannels: dInner + 2 * stateSize,
    blockSize,
    runTokens: blockSize,
    stateGrid: blockSize,
    notesPerBlock,
    poolSize: json.count('pool_size'),
    protectedBlocks: optionalCount(json, 'protected_blocks'),
    archiveSize: optionalCount(json, 'archive_size'),
    noteHeads,
    noteHeadDim,
    noteWidth: noteHeads * noteHeadDim,
    noteLayers,
    crossLayers,
    embeddingWidth: optionalCount(json, 'embedding_width'),
  };
}

/** For members that older models lack; they count as 0. */
const optionalCount = (json: JsonReader, key: string): number => (json.keys().includes(key) ? json.count(key, 0) : 0);

function layerList(json: JsonReader, key: string, layers: number): number[] {
  const list = json.numbers(key);
  const ascending = list.every(
    (layer, i) => Number.isInteger(layer) && layer >= 0 && (i === 0 || layer > list[i - 1]!),
  );
  if (!ascending || (list.at(-1) ?? 0) >= layers) throw json.wrong(key, `ascending layer numbers below ${layers}`);
  return list;
}
