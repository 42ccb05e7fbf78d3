import {
  copyArchived,
  copyFirst,
  emptyArchiveRows,
  emptyPool,
  type Archive,
  type ArchiveRows,
  type ModelConfig,
  type ModelState,
  type NotePool,
  type RecentRows,
} from '../../engine';

/** One note in the log. */
interface LoggedNote {
  token: number;
  score: number;
  bias: number;
  /** [head, e], rounded */
  key: Uint16Array;
  /** [head, e], rounded */
  value: Uint16Array;
}

/** The archived notes of one layer, unchanged, and their slots by position. */
interface ArchiveLog {
  rows: ArchiveRows;
  readonly slots: Map<number, number>;
}

/**
 * All notes that were ever in a pool or an archive of one document, by note layer and position. A pool changes by at most the
 * candidates of a block, so snapshots refer to notes by position instead of copying them.
 */
export class NoteLog {
  private readonly layers: Map<number, LoggedNote>[];
  private readonly archives: ArchiveLog[];

  constructor(private readonly config: ModelConfig) {
    this.layers = config.noteLayers.map(() => new Map<number, LoggedNote>());
    this.archives = config.noteLayers.map(() => ({ rows: emptyArchiveRows(config, 0), slots: new Map() }));
  }

  get bytes(): number {
    const perNote = 4 * this.config.noteWidth + 200;
    const perArchived = 2 * this.config.noteWidth + 8 * this.config.noteHeads + 60;
    const archived = this.archives.reduce((sum, { rows }) => sum + rows.positions.length * perArchived, 0);
    return this.layers.reduce((sum, layer) => sum + layer.size * perNote, archived);
  }

  /** Adds the notes of a pool that are new. @returns the positions of all notes, in slot order */
  add(layer: number, pool: NotePool): Uint32Array {
    const notes = this.layers[layer]!;
    const positions = pool.positions.slice(0, pool.count);
    for (const [slot, position] of positions.entries()) {
      if (notes.has(position)) continue;
      const key = new Uint16Array(this.config.noteWidth);
      const value = new Uint16Array(this.config.noteWidth);
      this.eachCell(pool, slot, (cell, keyAt, valueAt) => {
        key[cell] = roundOne(pool.key[keyAt]!);
        value[cell] = roundOne(pool.value[valueAt]!);
      });
      notes.set(position, { token: pool.tokens[slot]!, score: pool.scores[slot]!, bias: pool.bias[slot]!, key, value });
    }
    return positions;
  }

  /** Fills an empty pool with the notes at these positions. */
  fill(layer: number, positions: Uint32Array, pool: NotePool): void {
    const notes = this.layers[layer]!;
    for (const [slot, position] of positions.entries()) {
      const note = notes.get(position)!;
      pool.positions[slot] = position;
      pool.tokens[slot] = note.token;
      pool.scores[slot] = note.score;
      pool.bias[slot] = note.bias;
      this.eachCell(pool, slot, (cell, keyAt, valueAt) => {
        pool.key[keyAt] = restoreOne(note.key[cell]!);
        pool.value[valueAt] = restoreOne(note.value[cell]!);
      });
    }
    pool.count = positions.length;
  }

  /** Adds the notes of an archive that are new. @returns the positions of all its notes, shared with its rows */
  addArchive(layer: number, { count, rows }: Archive): Uint32Array {
    const log = this.archives[layer]!;
    for (let slot = 0; slot < count; slot++) {
      const position = rows.positions[slot]!;
      if (log.slots.has(position)) continue;
      if (log.rows.used === log.rows.positions.length) {
        const more = emptyArchiveRows(this.config, Math.max(256, 2 * log.rows.used));
        copyFirst(log.rows, more, log.rows.used);
        log.rows = more;
      }
      log.slots.set(position, log.rows.used);
      copyArchived(this.config, rows, slot, log.rows);
    }
    return rows.positions.subarray(0, count);
  }

  /** The archive with the notes at these positions, bit for bit as it was. */
  archive(layer: number, positions: Uint32Array): Archive {
    const log = this.archives[layer]!;
    const rows = emptyArchiveRows(this.config, positions.length);
    for (const position of positions) copyArchived(this.config, log.rows, log.slots.get(position)!, rows);
    return { count: rows.used, rows };
  }

  /** Score of a note in the log. */
  scoreOf(layer: number, position: number): number {
    return this.layers[layer]!.get(position)!.score;
  }

  /** Drops the notes of tokens at or after a position. */
  cutAt(position: number): void {
    for (const notes of this.layers) for (const at of notes.keys()) if (at >= position) notes.delete(at);
    for (const log of this.archives) {
      const kept = emptyArchiveRows(this.config, log.rows.positions.length);
      for (const [at, slot] of [...log.slots]) {
        if (at >= position) log.slots.delete(at);
        else {
          log.slots.set(at, kept.used);
          copyArchived(this.config, log.rows, slot, kept);
        }
      }
      log.rows = kept;
    }
  }

  /** Index of each of a note's numbers: keys are [h, e, slots], values [h, slots, e]. */
  private eachCell(pool: NotePool, slot: number, visit: (cell: number, keyAt: number, valueAt: number) => void): void {
    const { noteHeads, noteHeadDim } = this.config;
    const slots = pool.bias.length;
    for (let head = 0; head < noteHeads; head++) {
      for (let e = 0; e < noteHeadDim; e++) {
        const cell = head * noteHeadDim + e;
        visit(cell, cell * slots + slot, (head * slots + slot) * noteHeadDim + e);
      }
    }
  }
}

/** Rows of the previous block, rounded. */
interface RecentSnapshot extends Pick<RecentRows, 'count' | 'tokens' | 'scores' | 'bias'> {
  key: Uint16Array;
  value: Uint16Array;
}

/**
 * A state in a quarter of its memory: numbers rounded to 16 bits, notes by reference. For completions only: such a state is never
 * stored, and neither is anything read on from it.
 */
export interface Snapshot {
  readonly position: number;
  readonly bytes: number;
  readonly conv: readonly Uint16Array[];
  readonly ssm: readonly Uint16Array[];
  readonly shift: readonly Uint16Array[];
  readonly recent: readonly RecentSnapshot[];
  /** Per note layer: positions of the notes in slot order. */
  readonly notes: readonly Uint32Array[];
  /** The same for the archives; neighbours share the arrays. */
  readonly archived: readonly Uint32Array[];
}

/** Takes a snapshot; its notes are added to the log. */
export function takeSnapshot(state: ModelState, log: NoteLog): Snapshot {
  const conv = state.conv.map(roundAll);
  const ssm = state.ssm.map(roundAll);
  const shift = state.shift.map(roundAll);
  const recent = state.recent.map((rows) => ({ ...rows, key: roundAll(rows.key), value: roundAll(rows.value) }));
  const notes = state.pools.map((pool, layer) => log.add(layer, pool));
  const archived = state.archives.map((archive, layer) => log.addArchive(layer, archive));
  let bytes = 0;
  for (const { byteLength } of [...conv, ...ssm, ...shift, ...notes]) bytes += byteLength;
  for (const { key, value, tokens } of recent) bytes += key.byteLength + value.byteLength + 3 * tokens.byteLength;
  return { position: state.position, bytes, conv, ssm, shift, recent, notes, archived };
}

/** The state of a snapshot. */
export function restoreSnapshot(snapshot: Snapshot, log: NoteLog, config: ModelConfig): ModelState {
  return {
    position: snapshot.position,
    conv: snapshot.conv.map(restoreAll),
    ssm: snapshot.ssm.map(restoreAll),
    shift: snapshot.shift.map(restoreAll),
    recent: snapshot.recent.map((rows) => ({ ...rows, key: restoreAll(rows.key), value: restoreAll(rows.value) })),
    pools: snapshot.notes.map((positions, layer) => {
      const pool = emptyPool(config, positions.length);
      log.fill(layer, positions, pool);
      return pool;
    }),
    archives: snapshot.archived.map((positions, layer) => log.archive(layer, positions)),
  };
}

const oneFloat = new Float32Array(1);
const oneWord = new Uint32Array(oneFloat.buffer);

/** The upper half of a float (bfloat16), rounded to nearest. */
function roundOne(value: number): number {
  oneFloat[0] = value;
  return (oneWord[0]! + 0x8000) >>> 16;
}

function restoreOne(half: number): number {
  oneWord[0] = half << 16;
  return oneFloat[0]!;
}

function roundAll(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = (words[i]! + 0x8000) >>> 16;
  return halves;
}

function restoreAll(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}
