import {
  archiveArrays,
  emptyArchiveRows,
  emptyRows,
  pack,
  readNotes,
  unpack,
  writeNote,
  type ArchiveRows,
  type ModelConfig,
  type ModelState,
  type Packed,
} from '../../engine';
import type { NoteLog } from './noteLog';

/**
 * A state with one byte per number, and its notes by reference to a log. Lossless: the numbers of a state are rounded in this way when it
 * is created.
 */
export interface PackedState {
  readonly position: number;
  readonly conv: readonly Packed[];
  readonly ssm: readonly Packed[];
  readonly shift: readonly Packed[];
  /** The previous block; without rows at the start of a document. */
  readonly recent: readonly ArchiveRows[];
  /** Per note layer: positions of the pool's notes in slot order. */
  readonly pools: readonly Uint32Array[];
  /** The same for the archives; neighbours share the arrays. */
  readonly archives: readonly Uint32Array[];
}

/** Packs a state; its notes are added to the log. */
export function packState(config: ModelConfig, state: ModelState, log: NoteLog): PackedState {
  return {
    position: state.position,
    conv: state.conv.map((rows) => pack(rows, config.convChannels)),
    ssm: state.ssm.map((rows) => pack(rows, config.headDim)),
    shift: state.shift.map((row) => pack(row, config.noteHeadDim)),
    recent: state.recent.map((source) => {
      const rows = emptyArchiveRows(config, source.count);
      const first = state.position - source.count;
      for (let slot = 0; slot < source.count; slot++) writeNote(config, rows, { source, slot, position: first + slot });
      return rows;
    }),
    pools: state.pools.map((pool, layer) => log.addPool(layer, pool)),
    archives: state.archives.map((archive, layer) => log.addRows(layer, archive)),
  };
}

/** The unpacked state, bit for bit. */
export function unpackState(config: ModelConfig, packed: PackedState, log: NoteLog): ModelState {
  return {
    position: packed.position,
    conv: packed.conv.map(unpack),
    ssm: packed.ssm.map(unpack),
    shift: packed.shift.map(unpack),
    recent: packed.recent.map((rows) => {
      const recent = { ...emptyRows(config, config.blockSize), count: rows.used };
      readNotes(
        config,
        rows,
        Array.from({ length: rows.used }, (_, slot) => slot),
        recent,
        0,
      );
      // All recent rows are readable: nothing is chosen among them.
      recent.bias.fill(0, 0, rows.used);
      return recent;
    }),
    pools: packed.pools.map((positions, layer) => log.pool(layer, positions)),
    archives: packed.archives.map((positions, layer) => log.rows(layer, positions)),
  };
}

/** Size of a packed state in bytes, without the notes in the log. */
export function packedBytes({ conv, ssm, shift, recent, pools }: PackedState): number {
  const arrays: ArrayBufferView[] = [...conv, ...ssm, ...shift].flatMap(({ bytes, scales }) => [bytes, scales]);
  for (const rows of recent) arrays.push(...Object.values(archiveArrays(rows)));
  return [...arrays, ...pools].reduce((sum, { byteLength }) => sum + byteLength, 0);
}
