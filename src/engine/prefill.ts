import { throwIfAborted, yieldToEvents } from '../common';
import type { ReadingEngine } from './readingEngine';
import type { ModelState } from './state';

/** Called after each run with the new state; a returned promise is awaited. */
export type OnBlock = (state: ModelState) => void | Promise<void>;

/**
 * Receives the embedding of a run's tokens, [T, embeddingWidth], and the position of the first one; the receiver owns it.
 */
export type OnEmbedding = (embedding: Float32Array, position: number) => void;

/** Options for reading. */
export interface PrefillOptions {
  readonly signal?: AbortSignal;
  readonly onBlock?: OnBlock;
  /** Only for a model with an embedding (`embeddingWidth` > 0). Called before `onBlock` of the same run. */
  readonly onEmbedding?: OnEmbedding;
}

/**
 * Reads from one state to another and yields to other work after each run.
 * @param engine its `readBlock` reads, so a view of an engine sees every run
 * @param ids a multiple of `stateGrid` tokens
 * @throws signal.reason as soon as the current run is done after an abort
 */
export async function prefill(
  engine: Pick<ReadingEngine, 'config' | 'readBlock'>,
  state: ModelState,
  ids: Uint32Array,
  options: PrefillOptions = {},
): Promise<ModelState> {
  const { runTokens, stateGrid } = engine.config;
  const { onEmbedding } = options;
  if (ids.length % stateGrid !== 0) throw new RangeError(`there is no state after ${ids.length} tokens`);
  for (let start = 0; start < ids.length; start += runTokens) {
    throwIfAborted(options.signal);
    const { position } = state;
    const embedded = onEmbedding && ((embedding: Float32Array) => onEmbedding(embedding, position));
    state = await engine.readBlock(state, ids.subarray(start, start + runTokens), embedded);
    await options.onBlock?.(state);
    await yieldToEvents();
  }
  throwIfAborted(options.signal);
  return state;
}
