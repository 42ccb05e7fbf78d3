import { describeError, isAbort, unlessAborted, type Logger } from '../../common';
import { withoutArchives, prefill, type Decoder, type ReadingEngine, type ModelState } from '../../engine';
import type { FileReading } from '../../memory';
import { approach, type TextAround } from '../complete';
import { commonLength, sameTokens, type PrefixStates } from '../prefix';
import { Priority, watchingStates, type Scheduler } from '../schedule';

/** Where states of a document's beginning can be had. */
export interface PrefixSources {
  prefix: PrefixStates | undefined;
  reading: FileReading | undefined;
}

/** A text before a cursor: its tokens up to a line's beginning, and what of the text behind the cursor the model is shown. */
export interface Prefix extends TextAround {
  /** The document. */
  readonly key: string;
  readonly sources: PrefixSources;
}

/** The text before the cursor is not read far enough; reading goes on and a later request will find more. */
export class NotReadYet extends Error {
  constructor(readonly missingTokens: number) {
    super(`${missingTokens} tokens before the cursor are not read yet`);
  }
}

/** Decoders behind the beginning of the line in which the user types, one per document. */
const KEPT_DECODERS = 4;

/** A decoder that is being made before anybody asks for it. */
interface Preparation {
  prefix: Prefix;
  decoder: Promise<Decoder>;
  controller: AbortController;
  /** Whether someone waits for it. */
  isUrgent: boolean;
}

/**
 * Makes decoders that stand behind the text before a cursor. Typing in a line asks for the same beginning again and again, so the
 * decoder behind all earlier lines is kept; the next line's goes on from it. A decoder that was shown what stands behind the cursor is
 * good for that only: when the text behind changes, it is made anew from the state before it.
 */
export class PrefixDecoders {
  private readonly kept = new Map<string, { text: TextAround; decoder: Decoder }>();
  private preparation: Preparation | undefined;

  constructor(
    private readonly engine: ReadingEngine,
    private readonly scheduler: Scheduler,
    private readonly log: Logger,
  ) {}

  forget(key: string): void {
    this.kept.delete(key);
    if (this.preparation?.prefix.key === key) this.preparation.controller.abort();
  }

  /**
   * A decoder behind a text, to be forked. To be called within a task.
   *
   * @param budget tokens that may be read for it
   * @throws NotReadYet when more would have to be read than the budget
   */
  async at(prefix: Prefix, budget: number, signal: AbortSignal): Promise<Decoder> {
    const known = this.known(prefix);
    if (known) return known;
    const { preparation } = this;
    if (preparation && isSame(preparation.prefix, prefix)) {
      preparation.isUrgent = true;
      this.scheduler.wake();
      try {
        return await unlessAborted(preparation.decoder, signal);
      } catch {
        // Whatever stopped it was decided for somebody else: with less time to spend, or before the cursor moved on.
        signal.throwIfAborted();
      }
    }
    return this.make(prefix, budget, signal);
  }

  /**
   * The cursor rests behind this text: the decoder is made before anybody asks for it.
   *
   * @param budget tokens that may be read for it
   * @returns false when more would have to be read; true also when it is not needed any more
   */
  async prepare(prefix: Prefix, budget: number): Promise<boolean> {
    const { preparation } = this;
    if (this.known(prefix) || (preparation && isSame(preparation.prefix, prefix))) return true;
    // What someone waits for is not stopped by a cursor that has moved on: its own request is what stops it.
    if (preparation?.isUrgent === false) preparation.controller.abort();
    const controller = new AbortController();
    const { signal } = controller;
    const priority = (): Priority => (own.isUrgent ? Priority.completion : Priority.active);
    const decoder = this.scheduler.run({ priority, signal }, () => this.make(prefix, budget, signal));
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
    return known && sameText(known.text, prefix) ? known.decoder : undefined;
  }

  private async make(prefix: Prefix, budget: number, signal: AbortSignal): Promise<Decoder> {
    const { key, tokens, headerTokens, behind } = prefix;
    const decoder = (await this.goOn(prefix)) ?? (await this.fromState(prefix, budget, signal));
    this.kept.delete(key);
    this.kept.set(key, { text: { tokens, headerTokens, behind }, decoder });
    for (const old of this.kept.keys()) {
      if (this.kept.size <= KEPT_DECODERS) break;
      this.kept.delete(old);
    }
    return decoder;
  }

  /**
   * Goes on from the decoder that is kept, if it comes from the same boundary and was shown the same there: where a completion starts
   * from is a matter of its place alone.
   */
  private async goOn(prefix: Prefix): Promise<Decoder | undefined> {
    const known = this.kept.get(prefix.key);
    if (known === undefined || !sameTokens(known.text.behind, prefix.behind)) return undefined;
    const earlier = known.text.tokens;
    const isLonger = prefix.tokens.length > earlier.length && commonLength(earlier, prefix.tokens) === earlier.length;
    const isSameWay = approach(this.engine, known.text).boundary === approach(this.engine, prefix).boundary;
    if (!isLonger || !isSameWay) return undefined;
    const decoder = known.decoder.fork();
    await decoder.append(prefix.tokens.subarray(earlier.length));
    return decoder;
  }

  private async fromState(prefix: Prefix, budget: number, signal: AbortSignal): Promise<Decoder> {
    const { tokens, sources } = prefix;
    const { boundary, tail } = approach(this.engine, prefix);
    const start = await this.nearest(tokens, boundary, sources, budget, signal);
    const gap = tokens.subarray(start.position, boundary);
    const offered = sources.prefix?.shared(tokens) ?? 0;
    const state = await watchingStates(
      (reached) => {
        if (reached.position <= offered) sources.prefix?.offer(reached);
      },
      () => prefill(this.engine, start, gap, { signal }),
    );
    sources.prefix?.keepHot(state, tokens);
    // Looking something up takes longer than a completion may: what the pool holds must do.
    return this.engine.decoder(withoutArchives(state), tail);
  }

  /** The state nearest before the boundary, from memory or from the store. */
  private async nearest(
    tokens: Uint32Array,
    boundary: number,
    { prefix, reading }: PrefixSources,
    budget: number,
    signal: AbortSignal,
  ): Promise<ModelState> {
    const ready = prefix?.nearest(tokens.subarray(0, boundary)) ?? { position: 0, restore: () => undefined };
    let position = ready.position;
    let stored = false;
    if (reading !== undefined && boundary - position > this.engine.config.blockSize) {
      const shared = Math.min(commonLength(reading.tokens, tokens), boundary);
      const best = Math.max(0, ...reading.checkpoints.filter((at) => at <= shared));
      stored = best > position;
      position = Math.max(position, best);
    }
    if (boundary - position > budget) throw new NotReadYet(boundary - position);
    if (stored) return reading!.stateAt(position, signal);
    return (position > 0 ? ready.restore() : undefined) ?? this.engine.initialState();
  }
}

function isSame(a: Prefix, b: Prefix): boolean {
  return a.key === b.key && sameText(a, b);
}

function sameText(a: TextAround, b: TextAround): boolean {
  return sameTokens(a.tokens, b.tokens) && sameTokens(a.behind, b.behind);
}
