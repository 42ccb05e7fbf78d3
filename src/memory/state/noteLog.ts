import {
  copyArchived,
  copyFirst,
  emptyArchiveRows,
  emptyPool,
  readNotes,
  writeNote,
  type Archive,
  type ArchiveRows,
  type ModelConfig,
  type NotePool,
} from '../../engine';

/** Initial capacity per layer, in slots. */
const FIRST_SLOTS = 256;

interface Layer {
  rows: ArchiveRows;
  /** By position. */
  readonly slots: Map<number, number>;
}

/**
 * All notes that were ever in a pool or an archive of one document, each once, by note layer and position. A pool changes by at most the
 * candidates of a block, so states refer to notes by position instead of copying them. Their numbers are exactly those of reading, which
 * rounds them.
 */
export class NoteLog {
  private readonly layers: Layer[];

  constructor(private readonly config: ModelConfig) {
    this.layers = config.noteLayers.map(() => ({ rows: emptyArchiveRows(config, 0), slots: new Map() }));
  }

  /** About how much memory this takes. Bytes. */
  get bytes(): number {
    const perSlot = 2 * this.config.noteWidth + 8 * this.config.noteHeads + 60;
    return this.layers.reduce((sum, { rows }) => sum + rows.positions.length * perSlot, 0);
  }

  has(layer: number, position: number): boolean {
    return this.layers[layer]!.slots.has(position);
  }

  /** Adds the notes of a pool that are new. @returns the positions of all its notes, in slot order */
  addPool(layer: number, pool: NotePool): Uint32Array {
    const { slots } = this.layers[layer]!;
    const positions = pool.positions.slice(0, pool.count);
    for (const [slot, position] of positions.entries()) {
      if (!slots.has(position)) writeNote(this.config, this.roomFor(layer, position), { source: pool, slot, position });
    }
    return positions;
  }

  /** Adds the notes of some rows that are new. @returns the positions of all of them, shared with the rows */
  addRows(layer: number, { count, rows }: Archive): Uint32Array {
    const { slots } = this.layers[layer]!;
    for (let slot = 0; slot < count; slot++) {
      const position = rows.positions[slot]!;
      if (!slots.has(position)) copyArchived(this.config, rows, slot, this.roomFor(layer, position));
    }
    return rows.positions.subarray(0, count);
  }

  /** The pool with the notes at these positions in its slots. */
  pool(layer: number, positions: Uint32Array): NotePool {
    const { rows, slots } = this.layers[layer]!;
    const pool = emptyPool(this.config, positions.length);
    readNotes(
      this.config,
      rows,
      positions.map((position) => slots.get(position)!),
      pool,
      0,
    );
    pool.positions.set(positions);
    pool.count = positions.length;
    return pool;
  }

  /** The notes at these positions, contiguous. */
  rows(layer: number, positions: Uint32Array): Archive {
    const { rows, slots } = this.layers[layer]!;
    const taken = emptyArchiveRows(this.config, positions.length);
    for (const position of positions) copyArchived(this.config, rows, slots.get(position)!, taken);
    return { count: taken.used, rows: taken };
  }

  /** Score of a note that is in the log. */
  scoreOf(layer: number, position: number): number {
    const { rows, slots } = this.layers[layer]!;
    return rows.scores[slots.get(position)!]!;
  }

  /** Drops the notes of tokens at or after a position. */
  cutAt(position: number): void {
    for (const [layer, { rows, slots }] of this.layers.entries()) {
      const kept = Uint32Array.from([...slots.keys()].filter((at) => at < position));
      if (kept.length === slots.size) continue;
      const log: Layer = { rows: emptyArchiveRows(this.config, rows.positions.length), slots: new Map() };
      for (const at of kept) {
        log.slots.set(at, log.rows.used);
        copyArchived(this.config, rows, slots.get(at)!, log.rows);
      }
      this.layers[layer] = log;
    }
  }

  /** Rows whose next slot is for the note at a position. */
  private roomFor(layer: number, position: number): ArchiveRows {
    const log = this.layers[layer]!;
    const { used } = log.rows;
    if (used === log.rows.positions.length) {
      const more = emptyArchiveRows(this.config, Math.max(FIRST_SLOTS, 2 * used));
      copyFirst(log.rows, more, used);
      log.rows = more;
    }
    log.slots.set(position, used);
    return log.rows;
  }
}
