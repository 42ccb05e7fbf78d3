import { commonLength, describeError, isAbort, RecencyCache, unlessAborted, type Logger } from '../../common';
import { prefill, withoutArchives, type Decoder, type ModelState } from '../../engine';
import { Priority, type EngineTasks, type ScheduledEngine } from '../../workspace';
import { lastBoundary } from '../complete';
import { sameTokens } from '../prefix';
import type { Prefix, PrefixSources } from './prefix';

/** The text before the cursor has not been read far enough; reading continues, and a later request will find more. */
export class NotReadYet extends Error {
  constructor(readonly missingTokens: number) {
    super(`${missingTokens} tokens before the cursor have not been read yet`);
  }
}

/** Maximum number of documents with a cached decoder. */
const KEPT_DECODERS = 4;

/** A decoder that is being created in advance. */
interface Preparation {
  prefix: Prefix;
  decoder: Promise<Decoder>;
  controller: AbortController;
  /** Whether someone waits for it. */
  isUrgent: boolean;
}

/**
 * Creates decoders for prefixes. Typing in a line requests the same prefix repeatedly, so the decoder of the current line is cached for
 * each document; the next line's continues from it.
 */
export class PrefixDecoders {
  private readonly kept = new RecencyCache<string, { tokens: Uint32Array; decoder: Decoder }>(KEPT_DECODERS);
  private preparation: Preparation | undefined;

  constructor(
    private readonly tasks: EngineTasks,
    private readonly log: Logger,
  ) {}

  forget(key: string): void {
    this.kept.delete(key);
    if (this.preparation?.prefix.key === key) this.preparation.controller.abort();
  }

  /**
   * A decoder after a prefix. It may come from another task: continue with the task's own fork (`engine.goOn`).
   *
   * @param engine of the requesting task
   * @param budget tokens that may be read for it
   * @throws NotReadYet when more than the budget would have to be read
   */
  async at(engine: ScheduledEngine, prefix: Prefix, budget: number, signal: AbortSignal): Promise<Decoder> {
    const known = this.known(prefix);
    if (known) return known;
    const { preparation } = this;
    if (preparation && isSame(preparation.prefix, prefix)) {
      preparation.isUrgent = true;
      this.tasks.scheduler.wake();
      try {
        return await unlessAborted(preparation.decoder, signal);
      } catch {
        // It was stopped for somebody else's reason: a smaller budget, or a cursor that moved.
        signal.throwIfAborted();
      }
    }
    return this.make(engine, prefix, budget, signal);
  }

  /**
   * The cursor rests after this prefix: creates the decoder in advance.
   *
   * @param budget tokens that may be read for it
   * @returns false when more would have to be read; true also when it is no longer needed
   */
  async prepare(prefix: Prefix, budget: number): Promise<boolean> {
    const { preparation } = this;
    if (this.known(prefix) || (preparation && isSame(preparation.prefix, prefix))) return true;
    // A decoder someone waits for is not stopped when the cursor moves: only its own request stops it.
    if (preparation?.isUrgent === false) preparation.controller.abort();
    const controller = new AbortController();
    const { signal } = controller;
    const priority = (): Priority => (own.isUrgent ? Priority.completion : Priority.active);
    const decoder = this.tasks.run({ priority, signal }, (engine) => this.make(engine, prefix, budget, signal));
    const own: Preparation = { prefix, decoder, controller, isUrgent: false };
    this.preparation = own;
    try {
      await decoder;
    } catch (error) {
      if (error instanceof NotReadYet) return false;
      // Also when the server closes.
      if (!isAbort(error)) this.log.error(`preparing a completion failed: ${describeError(error)}`);
    } finally {
      if (this.preparation === own) this.preparation = undefined;
    }
    return true;
  }

  private known(prefix: Prefix): Decoder | undefined {
    const known = this.kept.get(prefix.key);
    return known && sameTokens(known.tokens, prefix.tokens) ? known.decoder : undefined;
  }

  private async make(engine: ScheduledEngine, prefix: Prefix, budget: number, signal: AbortSignal): Promise<Decoder> {
    const { key, tokens } = prefix;
    const decoder = (await this.goOn(engine, prefix)) ?? (await this.fromState(engine, prefix, budget, signal));
    this.kept.set(key, { tokens, decoder });
    return decoder;
  }

  /**
   * Continues from the cached decoder, if it comes from the same boundary: a completion must depend only on its position.
   */
  private async goOn(engine: ScheduledEngine, { key, tokens }: Prefix): Promise<Decoder | undefined> {
    const known = this.kept.get(key);
    if (known === undefined) return undefined;
    const earlier = known.tokens;
    const isLonger = tokens.length > earlier.length && commonLength(earlier, tokens) === earlier.length;
    if (!isLonger || this.boundaryOf(earlier) !== this.boundaryOf(tokens)) return undefined;
    const decoder = engine.goOn(known.decoder);
    await decoder.append(tokens.subarray(earlier.length));
    return decoder;
  }

  private async fromState(
    engine: ScheduledEngine,
    prefix: Prefix,
    budget: number,
    signal: AbortSignal,
  ): Promise<Decoder> {
    const { tokens, sources } = prefix;
    const boundary = this.boundaryOf(tokens);
    const start = await this.nearest(engine, tokens, boundary, sources, budget, signal);
    const gap = tokens.subarray(start.position, boundary);
    const offered = sources.states?.shared(tokens) ?? 0;
    const state = await prefill(engine, start, gap, {
      signal,
      onBlock: (reached) => {
        if (reached.position <= offered) sources.states?.offer(reached);
      },
    });
    sources.states?.keepHot(state, tokens);
    // Selecting archived notes takes longer than a completion may: the pool must do.
    return engine.decoder(withoutArchives(state), tokens.subarray(boundary));
  }

  /** The nearest state before the boundary, from memory or from the store. */
  private async nearest(
    engine: ScheduledEngine,
    tokens: Uint32Array,
    boundary: number,
    { states, reading }: PrefixSources,
    budget: number,
    signal: AbortSignal,
  ): Promise<ModelState> {
    const ready = states?.nearest(tokens.subarray(0, boundary)) ?? { position: 0, restore: () => undefined };
    let position = ready.position;
    let stored = false;
    if (reading !== undefined && boundary - position > engine.config.stateGrid) {
      const shared = Math.min(commonLength(reading.tokens, tokens), boundary);
      const best = Math.max(0, ...reading.checkpoints.filter((at) => at <= shared));
      stored = best > position;
      position = Math.max(position, best);
    }
    if (boundary - position > budget) throw new NotReadYet(boundary - position);
    if (stored) return reading!.with(engine).stateAt(position, signal);
    return (position > 0 ? ready.restore() : undefined) ?? engine.initialState();
  }

  private boundaryOf(tokens: Uint32Array): number {
    return lastBoundary(tokens, this.tasks.engine.config.stateGrid);
  }
}

function isSame(a: Prefix, b: Prefix): boolean {
  return a.key === b.key && sameTokens(a.tokens, b.tokens);
}
