import { join } from 'node:path';
import { modelFileInvalid } from './errors';
import { JsonReader, readJsonObject } from './json';

/** Shapes of one model, as its `config.json` gives them. All sizes are counts; layer numbers are 0-based and ascending. */
export interface ModelConfig {
  readonly modelType: 'memmamba';
  readonly vocabSize: number;
  readonly dModel: number;
  readonly layers: number;
  /** expand * dModel = headCount * headDim */
  readonly dInner: number;
  readonly headCount: number;
  readonly headDim: number;
  /** Rows of the recurrent state per head. */
  readonly stateSize: number;
  readonly convKernel: number;
  /** dInner + 2 * stateSize: channels of the causal convolution. */
  readonly convChannels: number;
  /** Tokens of a block: of each one the best notes are chosen, and the last whole one stays readable row by row. */
  readonly blockSize: number;
  /** Tokens that the model reads in one run, at most: a whole number of `stateGrid`. */
  readonly runTokens: number;
  /** Tokens between two places at which a state can stand, be keyed and stored: a whole number of blocks. */
  readonly stateGrid: number;
  readonly notesPerBlock: number;
  /** Notes kept per note layer. */
  readonly poolSize: number;
  /** Of the blocks that joined a pool last, so many lose no note to an older one. 0 = the best stay, whatever their age. */
  readonly protectedBlocks: number;
  /** Notes kept per note layer besides the pool, of those that lost their places there: for decoders only. 0 = they are dropped. */
  readonly archiveSize: number;
  readonly noteHeads: number;
  readonly noteHeadDim: number;
  /** noteHeads * noteHeadDim */
  readonly noteWidth: number;
  readonly noteLayers: readonly number[];
  /** Note layers that also read the pools of the note layers below them. */
  readonly crossLayers: readonly number[];
  /** Width of the embedding that the model gives for each token; 0 = a model without one. */
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
  // A pool that drops the oldest note is a training experiment; the engine keeps the best.
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
  if (noteLayers.length === 0) throw modelFileInvalid(file, 'a model without note layers keeps no memory');
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
    dInner,
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

/** Of members that older models lack: 0 for them. */
const optionalCount = (json: JsonReader, key: string): number => (json.keys().includes(key) ? json.count(key, 0) : 0);

function layerList(json: JsonReader, key: string, layers: number): number[] {
  const list = json.numbers(key);
  const ascending = list.every(
    (layer, i) => Number.isInteger(layer) && layer >= 0 && (i === 0 || layer > list[i - 1]!),
  );
  if (!ascending || (list.at(-1) ?? 0) >= layers) throw json.wrong(key, `ascending layer numbers below ${layers}`);
  return list;
}
