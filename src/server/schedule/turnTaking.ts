import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decoder, Engine, ModelState } from '../../engine';
import { Scheduler } from './scheduler';

const listener = new AsyncLocalStorage<(state: ModelState) => void>();

/** Runs work, telling `onState` of every state that is read in it. */
export function watchingStates<T>(onState: (state: ModelState) => void, work: () => Promise<T>): Promise<T> {
  return listener.run(onState, work);
}

/**
 * The engine as tasks see it: before each step (a block, a run of a decoder, a token) the task waits for its turn, so whatever is
 * written against an engine is scheduled and can be cancelled between steps without knowing of it.
 *
 * @param measured told how long each block took
 */
export function turnTaking(engine: Engine, measured?: (milliseconds: number) => void): Engine {
  const { blockSize } = engine.config;
  const readBlock: Engine['readBlock'] = async (state, ids, onEmbedding) => {
    await Scheduler.turn();
    const started = performance.now();
    const next = await engine.readBlock(state, ids, onEmbedding);
    measured?.(performance.now() - started);
    listener.getStore()?.(next);
    return next;
  };
  const prefill: Engine['prefill'] = async (state, ids, options) => {
    const { signal, onBlock, onEmbedding } = options ?? {};
    if (ids.length % blockSize !== 0) throw new RangeError(`${ids.length} tokens are not whole blocks of ${blockSize}`);
    for (let block = 0; block * blockSize < ids.length; block++) {
      signal?.throwIfAborted();
      const embedded = onEmbedding && ((embedding: Float32Array) => onEmbedding(embedding, block));
      state = await readBlock(state, ids.subarray(block * blockSize, (block + 1) * blockSize), embedded);
      await onBlock?.(state, block);
    }
    signal?.throwIfAborted();
    return state;
  };
  const decoder: Engine['decoder'] = async (state, tail) => {
    const scheduled = turnTakingDecoder(await engine.decoder(state, tail.subarray(0, 0)), blockSize);
    await scheduled.append(tail, { looksUp: false });
    return scheduled;
  };
  const embed: Engine['embed'] = async (state, ids) => {
    await Scheduler.turn();
    return engine.embed(state, ids);
  };
  return Object.assign(Object.create(engine) as Engine, { readBlock, prefill, decoder, embed });
}

/** A decoder that waits for its turn before each run of at most one block. */
function turnTakingDecoder(decoder: Decoder, blockSize: number): Decoder {
  return Object.assign(Object.create(decoder) as Decoder, {
    append: async (ids: Uint32Array, options: Parameters<Decoder['append']>[1] = {}): Promise<void> => {
      const { begun, ...others } = options;
      for (let start = 0; start < ids.length || (start === 0 && begun !== undefined); start += blockSize) {
        await Scheduler.turn();
        const isLast = start + blockSize >= ids.length;
        await decoder.append(ids.subarray(start, start + blockSize), isLast && begun ? { ...others, begun } : others);
      }
    },
    predict: async (ids: Uint32Array): Promise<Float64Array> => {
      await Scheduler.turn();
      return decoder.predict(ids);
    },
    fork: (): Decoder => turnTakingDecoder(decoder.fork(), blockSize),
  });
}
