import { commonLength } from '../../common';
import type { ModelConfig, ModelState } from '../../engine';
import { NoteLog, packedBytes, packState, unpackState, type PackedState } from '../../memory';

/** Exact states held around the cursor. */
const HOT_STATES = 4;

/**
 * The states along one open document, close enough to each other that a completion anywhere in it starts at once. Valid for the
 * current tokens; after an edit, those before it stay.
 */
export class PrefixStates {
  private readonly log: NoteLog;
  private readonly snapshots = new Map<number, PackedState>();
  /** Each with the tokens it was read from; most recently used last. */
  private readonly hot: { state: ModelState; tokens: Uint32Array }[] = [];
  private tokens: Uint32Array = new Uint32Array(0);
  private stride = 1;
  private snapshotBytes = 0;

  /** @param limit maximum size of this document's snapshots in bytes */
  constructor(
    private readonly config: ModelConfig,
    private limit: number,
  ) {
    this.log = new NoteLog(config);
  }

  /** Approximate memory used, in bytes. */
  get bytes(): number {
    return this.snapshotBytes + this.log.bytes;
  }

  /** Number of snapshots. */
  get count(): number {
    return this.snapshots.size;
  }

  /** Blocks between snapshots. */
  get blocksApart(): number {
    return this.stride;
  }

  /** Sets the document's tokens (header included). States that do not belong to them are dropped. */
  setTokens(tokens: Uint32Array): void {
    const shared = commonLength(this.tokens, tokens);
    if (shared < this.tokens.length) {
      for (const position of this.snapshots.keys()) if (position > shared) this.drop(position);
      this.log.cutAt(shared);
    }
    this.tokens = tokens;
    this.thin();
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.thin();
  }

  /** Adds a state that was read from the tokens of this document. */
  offer(state: ModelState): void {
    const block = state.position / this.config.stateGrid;
    if (block === 0 || block % this.stride !== 0 || this.snapshots.has(state.position)) return;
    const snapshot = packState(this.config, state, this.log);
    this.snapshots.set(state.position, snapshot);
    this.snapshotBytes += packedBytes(snapshot);
    this.thin();
  }

  /** Keeps an exact state, since the cursor is near. @param tokens what it was read from, or a continuation of that */
  keepHot(state: ModelState, tokens: Uint32Array): void {
    const known = this.hot.findIndex((entry) => entry.state === state);
    if (known >= 0) this.hot.splice(known, 1);
    this.hot.push({ state, tokens });
    if (this.hot.length > HOT_STATES) this.hot.shift();
  }

  /** Length of the common prefix with the document, as far as it is known here. */
  shared(tokens: Uint32Array): number {
    return commonLength(this.tokens, tokens);
  }

  /**
   * The last state here whose text is a prefix of these tokens: its position, and how to get it. Position 0 when there is none.
   */
  nearest(tokens: Uint32Array): { position: number; restore: () => ModelState | undefined } {
    const { stateGrid } = this.config;
    let position = 0;
    let restore = (): ModelState | undefined => undefined;
    const shared = commonLength(this.tokens, tokens);
    for (let at = Math.floor(shared / stateGrid) * stateGrid; at > 0; at -= stateGrid) {
      const snapshot = this.snapshots.get(at);
      if (snapshot === undefined) continue;
      position = at;
      restore = () => unpackState(this.config, snapshot, this.log);
      break;
    }
    for (const { state, tokens: own } of this.hot) {
      if (state.position < position || state.position > tokens.length) continue;
      if (commonLength(own, tokens) < state.position) continue;
      position = state.position;
      restore = () => state;
    }
    return { position, restore };
  }

  /** Positions up to `position` where a snapshot is missing. */
  gaps(position: number): number[] {
    const step = this.stride * this.config.stateGrid;
    const missing: number[] = [];
    for (let at = step; at <= position; at += step) if (!this.snapshots.has(at)) missing.push(at);
    return missing;
  }

  /**
   * Every note in the pool of a snapshot: its score, and the position of the last such snapshot.
   * @param layer index of the note layer
   */
  seenNotes(layer: number): Map<number, { score: number; until: number }> {
    const seen = new Map<number, { score: number; until: number }>();
    for (const { position: at, pools } of this.snapshots.values()) {
      for (const position of pools[layer]!) {
        const known = seen.get(position);
        if (known === undefined) seen.set(position, { score: this.log.scoreOf(layer, position), until: at });
        else if (known.until < at) known.until = at;
      }
    }
    return seen;
  }

  /** Doubles the stride until the snapshots of the whole document fit. */
  private thin(): void {
    const one = this.snapshotBytes / Math.max(1, this.snapshots.size);
    const blocks = Math.floor(this.tokens.length / this.config.stateGrid);
    let stride = 1;
    while ((blocks / stride) * one > this.limit && stride < blocks) stride *= 2;
    if (stride === this.stride) return;
    this.stride = stride;
    for (const position of this.snapshots.keys()) {
      if ((position / this.config.stateGrid) % stride !== 0) this.drop(position);
    }
  }

  private drop(position: number): void {
    const snapshot = this.snapshots.get(position);
    if (snapshot) this.snapshotBytes -= packedBytes(snapshot);
    this.snapshots.delete(position);
  }
}

export function sameTokens(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && commonLength(a, b) === a.length;
}
