import { RecencyCache } from '../../common';
import { prefill, type ModelState, type PrefillOptions, type ReadingEngine } from '../../engine';
import type { MemoryStore, StoreEntry } from '../store';
import { StateCodec } from './codec';
import { NoteStore, type NotedText } from './noteStore';
import type { PackedState } from './packedState';

/** How many states of one document are held in memory, for questions and completions at the same positions. */
const READY_STATES = 4;

/**
 * The states of one document by block number: found, stored and computed. Block `n` means the state after `n` times `stateGrid`
 * tokens.
 */
export class StateCache {
  private readonly codec: StateCodec;
  private readonly notes: NoteStore;

  /**
   * @param keys one per block boundary, as from `chainKeys`
   * @param ready held in memory
   */
  constructor(
    private readonly engine: ReadingEngine,
    private readonly memory: MemoryStore,
    private readonly text: NotedText,
    private readonly ready = new RecencyCache<number, ModelState>(READY_STATES),
  ) {
    this.codec = new StateCodec(engine);
    this.notes = new NoteStore(engine, memory, this.codec, text);
  }

  /** The same states; this engine computes missing ones. */
  with(engine: ReadingEngine): StateCache {
    return new StateCache(engine, this.memory, this.text, this.ready);
  }

  get label(): string {
    return this.text.label;
  }

  /** Tokens from one block to the next. */
  get grid(): number {
    return this.engine.config.stateGrid;
  }

  /** Complete blocks of the document. */
  get blocks(): number {
    return this.keys.length - 1;
  }

  /** Whether stored states outlive this process. */
  get isKept(): boolean {
    return this.memory.isPersistent;
  }

  /** Stores a state and related entries; false when the store did not take it. */
  store(state: ModelState, beside: readonly StoreEntry[] = [], evicts = true): boolean {
    const key = this.keys[state.position / this.grid]!;
    const meta = { label: this.label, position: state.position, modelId: this.engine.modelId };
    const { bytes: blob, packed } = this.codec.encode(state, this.notes.log);
    const isStored = this.memory.putAll([{ key, blob, meta }, ...this.notes.entriesFor(packed), ...beside], evicts);
    if (isStored) this.notes.stored(packed);
    return isStored;
  }

  /** Removes a state from the store. */
  private drop(block: number): void {
    this.memory.remove(this.keys[block]!);
    this.notes.drop(block);
  }

  /**
   * Removes the states that no policy keeps: interim ones, and the last states of earlier versions of this document; then the notes that
   * none of the others refers to. States that other documents use stay.
   *
   * @param dropped called for each
   */
  prune(isKept: (block: number) => boolean, dropped?: (block: number) => void): void {
    const kept: number[] = [];
    for (const block of this.storedBlocks()) {
      if (isKept(block) || !this.memory.isOnlyUsedBy(this.keys[block]!, this.label)) {
        kept.push(block);
        continue;
      }
      this.drop(block);
      dropped?.(block);
    }
    const { poolSize, archiveSize, notesPerBlock } = this.engine.config;
    if (this.blocks * notesPerBlock > poolSize + archiveSize) {
      this.memory.putAll(this.notes.entriesOf(kept.flatMap((block) => this.packed(block) ?? [])));
    }
  }

  /** Frees the notes held in memory for later states. */
  release(): void {
    this.notes.release();
  }

  /** The blocks whose states are in the store, ascending. */
  storedBlocks(): number[] {
    return this.keys.flatMap((key, block) => (block > 0 && this.memory.has(key) ? [block] : []));
  }

  /**
   * The nearest stored state at or before a block; the initial state when there is none. An unusable state is reported and
   * removed, and the next one is tried.
   *
   * @param isUsable whether the caller can continue from the state after a block; default: from any
   */
  deepest(block: number, isUsable: (block: number) => boolean = () => true): ModelState {
    for (let at = block; at > 0; at--) {
      if (!isUsable(at)) continue;
      const ready = this.ready.get(at);
      if (ready) return ready;
      const state = this.restore(at);
      if (state) return state;
    }
    return this.engine.initialState();
  }

  /** The state after a block, computed from the nearest one by reading the gap. */
  async stateAfter(block: number, tokens: Uint32Array, options: PrefillOptions): Promise<ModelState> {
    const from = this.deepest(block);
    const gap = tokens.subarray(from.position, block * this.grid);
    const state = gap.length === 0 ? from : await prefill(this.engine, from, gap, options);
    this.hold(state);
    return state;
  }

  /** Holds a state in memory; only the most recent ones stay. */
  hold(state: ModelState): void {
    this.ready.set(state.position / this.grid, state);
  }

  private restore(block: number): ModelState | undefined {
    const packed = this.packed(block);
    if (packed === undefined) return undefined;
    this.notes.restore(packed);
    const state = this.codec.unpack(packed, this.notes.log);
    if (!('reason' in state)) return state;
    this.refuse(block, state.reason);
    return undefined;
  }

  private packed(block: number): PackedState | undefined {
    const bytes = this.memory.get(this.keys[block]!, this.label);
    if (bytes === undefined) return undefined;
    const decoded = this.codec.decode(bytes, this.text.tokens);
    if (!('reason' in decoded) && decoded.position === block * this.grid) return decoded;
    this.refuse(block, 'reason' in decoded ? decoded.reason : 'it stands at another place than its key says');
    return undefined;
  }

  /** Reports an unusable state, and removes it. */
  private refuse(block: number, why: string): void {
    this.memory.report(`a stored state of ${this.label} cannot be used: ${why}; that part is read again`);
    this.memory.remove(this.keys[block]!);
  }

  private get keys(): readonly Buffer[] {
    return this.text.keys;
  }
}
