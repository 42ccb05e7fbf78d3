import type { ModelConfig } from './config';
import { logSigmoid, type EvictedNote } from './notes';
import { packGroup, scaleOf } from './rounding';
import {
  emptyArchiveRows,
  withSlots,
  type Archive,
  type ArchiveRows,
  type ModelState,
  type NotePool,
  type NoteRows,
} from './state';

/** Slots allocated at first, so that a short text costs little. */
const FIRST_SLOTS = 256;

/** The most notes an archive ever holds: it is pruned to the best once it is an eighth over its size. */
export function archiveLimit({ archiveSize, notesPerBlock }: ModelConfig): number {
  return archiveSize === 0 ? 0 : archiveSize + Math.ceil(archiveSize / 8) + notesPerBlock;
}

/** The arrays of rows by name; each is note-major. */
export function archiveArrays(rows: ArchiveRows): Omit<ArchiveRows, 'used'> {
  const { positions, tokens, scores, key, keyScale, value, valueScale } = rows;
  return { positions, tokens, scores, key, keyScale, value, valueScale };
}

/** Size of an archive's notes in bytes. */
export function archiveBytes({ count, rows }: Archive): number {
  const bytes = Object.values(archiveArrays(rows)).reduce((sum, { byteLength }) => sum + byteLength, 0);
  return (bytes / Math.max(1, rows.positions.length)) * count;
}

/**
 * The archive after notes were evicted. A note worse than `config.archiveSize` others is dropped; the rest are appended, so no
 * block copies the archive.
 * @param evicted in the order in which they are written
 */
export function archiveNotes(config: ModelConfig, archive: Archive, evicted: readonly EvictedNote[]): Archive {
  if (config.archiveSize === 0) return archive;
  const bar = worst(archive, config.archiveSize);
  const entering = evicted.filter(
    ({ source, slot, position }) => bar === undefined || isBetter(source.scores[slot]!, position, bar),
  );
  if (entering.length === 0) return archive;
  const rows = writableRows(config, archive, archive.count + entering.length);
  for (const note of entering) writeNote(config, rows, note);
  const count = rows.used;
  if (count <= archiveLimit(config) - config.notesPerBlock) return { count, rows };
  const best = bestSlots({ count, rows }, config.archiveSize);
  const kept = emptyArchiveRows(config, archiveLimit(config));
  for (const slot of best) copyArchived(config, rows, slot, kept);
  return { count: best.length, rows: kept };
}

/** The slots of the best `size` notes, ascending; ties go to the earlier token. */
export function bestSlots({ count, rows }: Archive, size: number): number[] {
  const all = Array.from({ length: count }, (_, slot) => slot);
  if (count <= size) return all;
  const { scores, positions } = rows;
  const bar = scores.slice(0, count).sort()[count - size]!;
  const above = all.filter((slot) => scores[slot]! > bar);
  const equal = all.filter((slot) => scores[slot] === bar).sort((a, b) => positions[a]! - positions[b]!);
  return [...above, ...equal.slice(0, size - above.length)].sort((a, b) => a - b);
}

/** The same state with empty archives, for a decoder that must be fast rather than complete. */
export function withoutArchives(state: ModelState): ModelState {
  return { ...state, archives: state.archives.map(({ rows }) => ({ count: 0, rows })) };
}

/** What decoders read for each note layer: its pool, followed by the notes of its archive. */
export function readablePools(
  config: ModelConfig,
  { pools, archives }: Pick<ModelState, 'pools' | 'archives'>,
): readonly NotePool[] {
  return pools.map((pool, i) => withArchive(config, pool, archives[i]!));
}

function withArchive(config: ModelConfig, pool: NotePool, archive: Archive): NotePool {
  // Nothing is archived before the pool is full, so the archive's slots follow without a gap.
  const best = bestSlots(archive, config.archiveSize);
  if (best.length === 0) return pool;
  const both = withSlots(config, pool, pool.count + best.length);
  readNotes(config, archive.rows, best, both, pool.count);
  best.forEach((slot, i) => (both.positions[pool.count + i] = archive.rows.positions[slot]!));
  both.count = pool.count + best.length;
  return both;
}

/** Copies the notes of these slots to slot `at` and the following ones of a pool. */
export function readNotes(
  { noteHeads, noteHeadDim: e, noteWidth }: ModelConfig,
  { tokens, scores, key, keyScale, value, valueScale }: ArchiveRows,
  from: ArrayLike<number>,
  pool: NoteRows,
  at: number,
): void {
  const slots = pool.bias.length;
  for (let i = 0; i < from.length; i++) {
    const slot = from[i]!;
    pool.tokens[at + i] = tokens[slot]!;
    pool.scores[at + i] = scores[slot]!;
    pool.bias[at + i] = logSigmoid(scores[slot]!);
  }
  for (let head = 0; head < noteHeads; head++) {
    for (let i = 0; i < from.length; i++) {
      const first = from[i]! * noteWidth + head * e;
      const scale = valueScale[from[i]! * noteHeads + head]!;
      const to = (head * slots + at + i) * e;
      for (let j = 0; j < e; j++) pool.value[to + j] = value[first + j]! * scale;
    }
    for (let j = 0; j < e; j++) {
      const to = (head * e + j) * slots + at;
      for (let i = 0; i < from.length; i++) {
        const slot = from[i]!;
        pool.key[to + i] = key[slot * noteWidth + head * e + j]! * keyScale[slot * noteHeads + head]!;
      }
    }
  }
}

/** Appends a note. Its numbers were rounded when it was created, so nothing is lost. */
export function writeNote(config: ModelConfig, rows: ArchiveRows, { source, slot, position }: EvictedNote): void {
  const { noteHeads, noteHeadDim: e, noteWidth } = config;
  const at = rows.used++;
  const slots = source.bias.length;
  rows.positions[at] = position;
  rows.tokens[at] = source.tokens[slot]!;
  rows.scores[at] = source.scores[slot]!;
  for (let head = 0; head < noteHeads; head++) {
    const [to, scale] = [at * noteWidth + head * e, at * noteHeads + head];
    rows.keyScale[scale] = scaleOf(packGroup(source.key, head * e * slots + slot, slots, rows.key, to, e));
    rows.valueScale[scale] = scaleOf(packGroup(source.value, (head * slots + slot) * e, 1, rows.value, to, e));
  }
}

/** Copies a note into the next slot of other rows. */
export function copyArchived(
  { noteWidth: w, noteHeads: h }: ModelConfig,
  source: ArchiveRows,
  slot: number,
  target: ArchiveRows,
): void {
  const at = target.used++;
  target.positions[at] = source.positions[slot]!;
  target.tokens[at] = source.tokens[slot]!;
  target.scores[at] = source.scores[slot]!;
  target.key.set(source.key.subarray(slot * w, (slot + 1) * w), at * w);
  target.value.set(source.value.subarray(slot * w, (slot + 1) * w), at * w);
  target.keyScale.set(source.keyScale.subarray(slot * h, (slot + 1) * h), at * h);
  target.valueScale.set(source.valueScale.subarray(slot * h, (slot + 1) * h), at * h);
}

/** Rows that hold this archive and nothing else, with a capacity of `slots`. */
function writableRows(config: ModelConfig, { count, rows }: Archive, slots: number): ArchiveRows {
  const capacity = rows.positions.length;
  // Another state continued from the same place and has already written here: those notes are not ours.
  if (rows.used === count && slots <= capacity) return rows;
  const wanted = slots <= capacity ? capacity : Math.max(slots, FIRST_SLOTS, 2 * capacity);
  const more = emptyArchiveRows(config, Math.max(slots, Math.min(wanted, archiveLimit(config))));
  copyFirst(rows, more, count);
  return more;
}

/** Copies the first notes of some rows to others. */
export function copyFirst(source: ArchiveRows, target: ArchiveRows, count: number): void {
  const share = (array: { length: number }): number => (array.length / Math.max(1, source.positions.length)) * count;
  target.positions.set(source.positions.subarray(0, count));
  target.tokens.set(source.tokens.subarray(0, count));
  target.scores.set(source.scores.subarray(0, count));
  target.key.set(source.key.subarray(0, share(source.key)));
  target.value.set(source.value.subarray(0, share(source.value)));
  target.keyScale.set(source.keyScale.subarray(0, share(source.keyScale)));
  target.valueScale.set(source.valueScale.subarray(0, share(source.valueScale)));
  target.used = count;
}

/**
 * The worst of the best `size` notes, which every new one must beat. Depends only on the rows, so it need not be stored. Undefined
 * while there are fewer notes.
 */
function worst({ count, rows }: Archive, size: number): { score: number; position: number } | undefined {
  if (count < size) return undefined;
  const { scores, positions } = rows;
  let at = 0;
  for (let slot = 1; slot < size; slot++) {
    if (scores[slot]! < scores[at]! || (scores[slot] === scores[at] && positions[slot]! > positions[at]!)) at = slot;
  }
  return { score: scores[at]!, position: positions[at]! };
}

const isBetter = (score: number, position: number, than: { score: number; position: number }): boolean =>
  score > than.score || (score === than.score && position < than.position);
