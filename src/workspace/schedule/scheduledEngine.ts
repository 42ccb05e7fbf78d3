import {
  DecoderView,
  EngineView,
  type AppendOptions,
  type Decoder,
  type ModelState,
  type ReadingEngine,
} from '../../engine';
import type { Turn } from './scheduler';

/**
 * The engine as one task sees it: before each step (a block, a run of a decoder, a token) it waits for the task's turn. So any code
 * written against an engine is scheduled, and can be cancelled between steps, without knowing about it.
 */
export class ScheduledEngine extends EngineView {
  /**
   * @param turn waits for the task's next turn
   * @param measured told how long each block took
   */
  constructor(
    inner: ReadingEngine,
    readonly turn: Turn,
    private readonly measured?: (milliseconds: number) => void,
  ) {
    super(inner);
  }

  override async readBlock(
    state: ModelState,
    ids: Uint32Array,
    onEmbedding?: (embedding: Float32Array) => void,
  ): Promise<ModelState> {
    await this.turn();
    const started = performance.now();
    const next = await this.inner.readBlock(state, ids, onEmbedding);
    this.measured?.(performance.now() - started);
    return next;
  }

  override async decoder(state: ModelState, tail: Uint32Array): Promise<Decoder> {
    const bare = await this.inner.decoder(state, tail.subarray(0, 0));
    const scheduled = new ScheduledDecoder(bare, this.turn, this.config.runTokens);
    await scheduled.append(tail, { selectsNotes: false });
    return scheduled;
  }

  override async embed(state: ModelState, ids: Uint32Array): Promise<Float32Array> {
    await this.turn();
    return this.inner.embed(state, ids);
  }

  /** A fork of a decoder that another task may have created: it waits for the turns of this one. */
  goOn(decoder: Decoder): Decoder {
    const bare = decoder instanceof ScheduledDecoder ? decoder.bareFork() : decoder.fork();
    return new ScheduledDecoder(bare, this.turn, this.config.runTokens);
  }
}

/** A decoder that waits for its turn before each run. */
class ScheduledDecoder extends DecoderView {
  constructor(
    inner: Decoder,
    private readonly turn: Turn,
    private readonly runTokens: number,
  ) {
    super(inner);
  }

  /** A fork that does not wait for turns yet. */
  bareFork(): Decoder {
    return this.inner.fork();
  }

  override fork(): Decoder {
    return new ScheduledDecoder(this.inner.fork(), this.turn, this.runTokens);
  }

  override async append(ids: Uint32Array, options: AppendOptions = {}): Promise<void> {
    const { heldBack, ...others } = options;
    const { runTokens } = this;
    for (let start = 0; start < ids.length || (start === 0 && heldBack !== undefined); start += runTokens) {
      await this.turn();
      const isLast = start + runTokens >= ids.length;
      const here = isLast && heldBack ? { ...others, heldBack } : others;
      await this.inner.append(ids.subarray(start, start + runTokens), here);
    }
  }

  override async predict(ids: Uint32Array): Promise<Float64Array> {
    await this.turn();
    return this.inner.predict(ids);
  }
}
