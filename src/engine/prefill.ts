import { throwIfAborted, yieldToEvents } from '../common';
import { archiveNotes, type LostNote } from './archive';
import type { ModelGraph } from './graph';
import { blockRows, mergePool } from './notes';
import type { ModelState } from './state';

/** Called after each block with the state behind it; a promise is waited for. */
export type OnBlock = (state: ModelState, blockIndex: number) => void | Promise<void>;

/** Told the embedding of a block's tokens, [blockSize, embeddingWidth]: it belongs to the receiver. */
export type OnEmbedding = (embedding: Float32Array, blockIndex: number) => void;

/** What reading is asked for besides the state. */
export interface PrefillOptions {
  readonly signal?: AbortSignal;
  readonly onBlock?: OnBlock;
  /** Only of a model that has an embedding (`embeddingWidth` > 0). Called before `onBlock` of the same block. */
  readonly onEmbedding?: OnEmbedding;
}

/**
 * Reads one block. Always a single run of the same shape, so that a state is a function of the text alone: bitwise the same
 * however the text arrived.
 * @param ids exactly `blockSize` tokens
 * @param onEmbedding told the embedding of the tokens, which costs next to nothing beside the state
 * @returns the state behind the block; `state` stays as it was
 */
export async function readBlock(
  graph: ModelGraph,
  state: ModelState,
  ids: Uint32Array,
  onEmbedding?: (embedding: Float32Array) => void,
): Promise<ModelState> {
  const { config } = graph;
  if (ids.length !== config.blockSize)
    throw new RangeError(`a block has ${config.blockSize} tokens, not ${ids.length}`);
  const out = await graph.run({ ids, ...state }, { state: true, embedding: onEmbedding !== undefined });
  onEmbedding?.(out.embedding);
  return advance(graph, state, ids, out);
}

/** The state behind a run over a whole block. */
export function advance(
  { config }: ModelGraph,
  state: ModelState,
  ids: Uint32Array,
  out: Awaited<ReturnType<ModelGraph['run']>>,
): ModelState {
  const lost = state.pools.map((): LostNote[] => []);
  const pools = state.pools.map((pool, i) => {
    const leaving = state.recent[i]!;
    if (leaving.count === 0) return pool;
    return mergePool(config, pool, leaving, 0, state.position - leaving.count, lost[i]);
  });
  return {
    position: state.position + ids.length,
    conv: out.conv,
    ssm: out.ssm,
    shift: out.shift,
    pools,
    archives: state.archives.map((archive, i) => archiveNotes(config, archive, lost[i]!)),
    recent: out.noteKey.map((key, i) => ({
      ...blockRows(config, ids, key, out.noteValue[i]!, out.noteScore[i]!),
      count: ids.length,
    })),
  };
}

/**
 * Reads whole blocks, letting other work run after each one.
 * @param ids a whole number of blocks
 * @throws signal.reason as soon as the running block is done after an abort
 */
export async function prefill(
  graph: ModelGraph,
  state: ModelState,
  ids: Uint32Array,
  options: PrefillOptions = {},
): Promise<ModelState> {
  const { blockSize } = graph.config;
  const { onEmbedding } = options;
  if (ids.length % blockSize !== 0) throw new RangeError(`${ids.length} tokens are not whole blocks of ${blockSize}`);
  for (let block = 0; block * blockSize < ids.length; block++) {
    throwIfAborted(options.signal);
    const embedded = onEmbedding && ((embedding: Float32Array) => onEmbedding(embedding, block));
    state = await readBlock(graph, state, ids.subarray(block * blockSize, (block + 1) * blockSize), embedded);
    await options.onBlock?.(state, block);
    await yieldToEvents();
  }
  throwIfAborted(options.signal);
  return state;
}
