import { createHash } from 'node:crypto';
import type { ModelConfig, ReadingEngine } from '../../engine';
import type { MemoryStore, StoreEntry } from '../store';
import { MIN_STRIDE } from './checkpoints';
import type { StateCodec } from './codec';
import { NoteLog } from './noteLog';
import type { PackedState } from './packedState';

/** Blocks per record. */
const GROUP = MIN_STRIDE;

/** Notes of one record that are in the store: by number, see `numberOf`. */
type Known = Set<number>;

/** The document whose notes are stored. */
export interface NotedText {
  label: string;
  /** Header and text. */
  tokens: Uint32Array;
  /** One per block boundary, as from `chainKeys`. */
  keys: readonly Buffer[];
}

/**
 * The notes of one document in the store: each once, in records of some blocks, however many states refer to it. A record contains the
 * notes that were kept when the first state after it was stored, so a later state finds all of its own there.
 */
export class NoteStore {
  readonly log: NoteLog;
  private readonly known = new Map<number, Known>();

  constructor(
    private readonly engine: Pick<ReadingEngine, 'config' | 'modelId'>,
    private readonly memory: MemoryStore,
    private readonly codec: StateCodec,
    private readonly text: NotedText,
  ) {
    this.log = new NoteLog(engine.config);
  }

  /** Entries to store together with a state: the records that lack some of its notes. */
  entriesFor(packed: PackedState): StoreEntry[] {
    const entries: StoreEntry[] = [];
    for (const [end, wanted] of this.recordsOf(packed)) {
      const stored = this.storedIn(end);
      if ([...wanted].every((number) => stored.has(number))) continue;
      entries.push(this.entry(end, new Set([...stored, ...wanted])));
    }
    return entries;
  }

  /** The entries from {@link entriesFor} were stored. */
  stored(packed: PackedState): void {
    for (const [end, wanted] of this.recordsOf(packed)) {
      this.known.set(end, new Set([...(this.known.get(end) ?? []), ...wanted]));
    }
  }

  /** Loads the notes of a state into the log, as far as they are in the store. */
  restore(packed: PackedState): void {
    for (const end of this.recordsOf(packed).keys()) this.storedIn(end);
  }

  /** Removes what belongs only to a state after this block. */
  drop(block: number): void {
    if (block % GROUP === 0) return;
    this.memory.remove(this.keyOf(block));
    this.known.delete(block);
  }

  /**
   * Complete records rebuilt without the notes that none of these states, which are all that are kept of the document,
   * refers to.
   */
  entriesOf(kept: readonly PackedState[]): StoreEntry[] {
    const entries: StoreEntry[] = [];
    for (const [end, wanted] of this.byRecord(kept, Infinity)) {
      if (end >= this.text.keys.length || !this.memory.isOnlyUsedBy(this.keyOf(end), this.text.label)) continue;
      const stored = this.storedIn(end);
      const left = new Set([...stored].filter((number) => wanted.has(number)));
      if (left.size < stored.size) entries.push(this.entry(end, left));
      this.known.set(end, left);
    }
    return entries;
  }

  /** Frees what is held in memory. */
  release(): void {
    this.log.cutAt(0);
    this.known.clear();
  }

  /** The notes of one state, by record. */
  private recordsOf(packed: PackedState): Map<number, Known> {
    return this.byRecord([packed], packed.position / this.engine.config.stateGrid);
  }

  /** The notes of states by the block at which their record ends. @param block no record extends beyond it */
  private byRecord(states: readonly PackedState[], block: number): Map<number, Known> {
    const { stateGrid } = this.engine.config;
    const records = new Map<number, Known>();
    for (const { pools, archives } of states) {
      for (const lists of [pools, archives]) {
        for (const [layer, positions] of lists.entries()) {
          for (const position of positions) {
            const end = Math.min(block, GROUP * (1 + Math.floor(position / stateGrid / GROUP)));
            let numbers = records.get(end);
            if (numbers === undefined) records.set(end, (numbers = new Set()));
            numbers.add(numberOf(this.engine.config, layer, position));
          }
        }
      }
    }
    return records;
  }

  /** The notes of a record in the store, which are loaded into the log. */
  private storedIn(end: number): Known {
    const known = this.known.get(end);
    if (known !== undefined) return known;
    const found: Known = new Set();
    const key = this.keyOf(end);
    const bytes = this.memory.get(key, this.text.label);
    const record = bytes && this.codec.decodeNotes(bytes, this.text.tokens);
    if (record !== undefined && 'reason' in record) {
      this.memory.report(
        `stored notes of ${this.text.label} cannot be used: ${record.reason}; that part is read again`,
      );
      this.memory.remove(key);
    } else if (record !== undefined) {
      for (const [layer, rows] of record.entries()) {
        const positions = this.log.addRows(layer, { count: rows.used, rows });
        for (const position of positions) found.add(numberOf(this.engine.config, layer, position));
      }
    }
    this.known.set(end, found);
    return found;
  }

  private entry(end: number, numbers: Known): StoreEntry {
    const { config, modelId } = this.engine;
    const layers = config.noteLayers.length;
    const positions = config.noteLayers.map((): number[] => []);
    for (const number of [...numbers].sort((a, b) => a - b)) {
      positions[number % layers]!.push(Math.floor(number / layers));
    }
    const record = positions.map((list, layer) => this.log.rows(layer, Uint32Array.from(list)).rows);
    const position = end * config.stateGrid;
    const meta = { label: this.text.label, position, modelId, kind: 'notes' as const };
    return { key: this.keyOf(end), blob: this.codec.encodeNotes(record, position), meta };
  }

  private keyOf(end: number): Buffer {
    return createHash('sha256').update('memmamba notes\0').update(this.text.keys[end]!).digest();
  }
}

/** A note as one number, ascending with its position. */
function numberOf({ noteLayers }: ModelConfig, layer: number, position: number): number {
  return position * noteLayers.length + layer;
}
