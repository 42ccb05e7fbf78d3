import { throwIfAborted, yieldToEvents } from '../common';
import type { ReadingEngine } from './readingEngine';
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
 * Reads whole blocks, letting other work run after each one.
 * @param engine its `readBlock` reads: a view of an engine sees every block
 * @param ids a whole number of blocks
 * @throws signal.reason as soon as the running block is done after an abort
 */
export async function prefill(
  engine: Pick<ReadingEngine, 'config' | 'readBlock'>,
  state: ModelState,
  ids: Uint32Array,
  options: PrefillOptions = {},
): Promise<ModelState> {
  const { blockSize } = engine.config;
  const { onEmbedding } = options;
  if (ids.length % blockSize !== 0) throw new RangeError(`${ids.length} tokens are not whole blocks of ${blockSize}`);
  for (let block = 0; block * blockSize < ids.length; block++) {
    throwIfAborted(options.signal);
    const embedded = onEmbedding && ((embedding: Float32Array) => onEmbedding(embedding, block));
    state = await engine.readBlock(state, ids.subarray(block * blockSize, (block + 1) * blockSize), embedded);
    await options.onBlock?.(state, block);
    await yieldToEvents();
  }
  throwIfAborted(options.signal);
  return state;
}
