import type { Decoder, Engine, ModelState } from '../../engine';
import type { FileReading } from '../../memory';
import { commonLength, type PrefixStates } from '../prefix';
import { watchingStates } from '../schedule';

/** Where states of a document's beginning can be had. */
export interface PrefixSources {
  prefix: PrefixStates | undefined;
  reading: FileReading | undefined;
}

/** The text before the cursor is not read far enough; reading goes on and a later request will find more. */
export class NotReadYet extends Error {
  constructor(readonly missingTokens: number) {
    super(`${missingTokens} tokens before the cursor are not read yet`);
  }
}

/** Decoders behind the beginning of the line in which the user types, one per document. */
const KEPT_DECODERS = 4;

/**
 * Makes decoders that stand behind the text before a cursor. Typing in a line asks for the same beginning again and again, so the
 * decoder behind all earlier lines is kept.
 */
export class PrefixDecoders {
  private readonly kept = new Map<string, { tokens: Uint32Array; decoder: Decoder }>();

  constructor(private readonly engine: Engine) {}

  forget(key: string): void {
    this.kept.delete(key);
  }

  /**
   * @param key the document
   * @param tokens header and text up to a line's beginning
   * @param budget tokens that may be read for it
   * @returns a decoder behind `tokens`, to be forked
   * @throws NotReadYet when more would have to be read than the budget
   */
  async at(
    key: string,
    tokens: Uint32Array,
    sources: PrefixSources,
    budget: number,
    signal: AbortSignal,
  ): Promise<Decoder> {
    const known = this.kept.get(key);
    if (known?.tokens.length === tokens.length && commonLength(known.tokens, tokens) === tokens.length) {
      return known.decoder;
    }
    const { blockSize } = this.engine.config;
    const boundary = Math.floor(tokens.length / blockSize) * blockSize;
    const start = await this.nearest(tokens, boundary, sources, budget, signal);
    const gap = tokens.subarray(start.position, boundary);
    const offered = sources.prefix?.shared(tokens) ?? 0;
    const state = await watchingStates(
      (reached) => {
        if (reached.position <= offered) sources.prefix?.offer(reached);
      },
      () => this.engine.prefill(start, gap, { signal }),
    );
    sources.prefix?.keepHot(state, tokens);
    const decoder = await this.engine.decoder(state, tokens.subarray(boundary));
    this.kept.delete(key);
    this.kept.set(key, { tokens, decoder });
    for (const old of this.kept.keys()) {
      if (this.kept.size <= KEPT_DECODERS) break;
      this.kept.delete(old);
    }
    return decoder;
  }

  /** The state nearest before the boundary, from memory or from the store. */
  private async nearest(
    tokens: Uint32Array,
    boundary: number,
    { prefix, reading }: PrefixSources,
    budget: number,
    signal: AbortSignal,
  ): Promise<ModelState> {
    const ready = prefix?.nearest(tokens) ?? { position: 0, restore: () => undefined };
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
