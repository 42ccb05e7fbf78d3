import { archiveBytes, bestSlots, type ModelConfig, type ModelState } from '../../engine';
import type { FileReading } from '../../memory';
import { EVICTED_LIMIT, type MemoryViewModel } from '../../protocol';
import type { PrefixStates } from '../prefix';
import type { AttendedCounts } from '../attendedNotes';
import { noteColumns, type ShownNote } from './columns';

/** Everything that memory holds of a reading, as the panel shows it. */
export function memoryViewModel(
  reading: FileReading,
  config: ModelConfig,
  prefix: PrefixStates | undefined,
  counts: AttendedCounts | undefined,
): MemoryViewModel {
  const { state, tokens } = reading;
  const notes = byPosition(keptNotes(state, config));
  counts?.follow(tokens);
  return {
    bytes: reading.bytes.length,
    lines: reading.offsets.lineCount,
    tokens: tokens.length,
    headerTokens: reading.headerTokens,
    restoredTokens: reading.restoredTokens,
    recentFrom: Math.max(0, state.position - (state.recent[0]?.count ?? 0)),
    blockSize: config.blockSize,
    poolSize: config.poolSize,
    archiveSize: config.archiveSize,
    layers: [...config.noteLayers],
    stateBytes: sizeOf(state),
    checkpoints: reading.checkpoints,
    notes: {
      ...noteColumns(notes, reading),
      attended: notes.map(({ layer, position }) => counts?.of(layer, position) ?? 0),
    },
    evicted: evicted(reading, config, prefix),
    counted: { completions: counts?.completions ?? 0, answers: counts?.answers ?? 0 },
  };
}

/** Whether it is known which notes were evicted: states along this exact text are available. */
export function knowsEvicted(reading: FileReading, prefix: PrefixStates | undefined): prefix is PrefixStates {
  return prefix !== undefined && prefix.count > 0 && prefix.shared(reading.tokens) === reading.tokens.length;
}

function evicted(
  reading: FileReading,
  config: ModelConfig,
  prefix: PrefixStates | undefined,
): MemoryViewModel['evicted'] {
  const { state } = reading;
  // The newest block has not competed yet.
  const offered = Math.max(0, state.position / config.blockSize - 1) * config.notesPerBlock;
  const held = keptNotes(state, config);
  const count = state.pools.map((_, layer) => offered - held.filter((note) => note.layer === layer).length);
  if (!knowsEvicted(reading, prefix)) {
    return { count, known: 'none', everyTokens: 0, notes: { ...noteColumns([], reading), until: [] } };
  }
  const lost = state.pools.flatMap((_, layer) => {
    const kept = new Set(held.filter((note) => note.layer === layer).map(({ position }) => position));
    return Array.from(prefix.seenNotes(layer), ([position, { score, until }]) => ({
      layer,
      slot: -1,
      position,
      score,
      until,
    }))
      .filter(({ position }) => !kept.has(position))
      .sort((a, b) => b.score - a.score || a.position - b.position)
      .slice(0, EVICTED_LIMIT);
  });
  const shown = byPosition(lost);
  return {
    count,
    known: 'placed',
    everyTokens: prefix.blocksApart * config.stateGrid,
    notes: { ...noteColumns(shown, reading), until: shown.map(({ until }) => until) },
  };
}

/** The notes of the pools, each followed by those of the archive, in slots as decoders see them. */
export function keptNotes({ pools, archives }: ModelState, { archiveSize }: ModelConfig): ShownNote[] {
  return pools.flatMap((pool, layer) => {
    const { positions, scores } = archives[layer]!.rows;
    return [
      ...Array.from(pool.positions.subarray(0, pool.count), (position, slot): ShownNote => ({
        layer,
        slot,
        position,
        score: pool.scores[slot]!,
      })),
      ...bestSlots(archives[layer]!, archiveSize).map((at, i): ShownNote => ({
        layer,
        slot: pool.count + i,
        position: positions[at]!,
        score: scores[at]!,
      })),
    ];
  });
}

function byPosition<T extends ShownNote>(notes: T[]): T[] {
  return notes.sort((a, b) => a.position - b.position || a.layer - b.layer);
}

/** Total size of a state in bytes; it does not grow with the text once pools and archives are full. */
function sizeOf(state: ModelState): number {
  const arrays = [...state.conv, ...state.ssm, ...state.shift];
  for (const rows of [...state.pools, ...state.recent]) arrays.push(rows.key, rows.value, rows.bias, rows.scores);
  const archived = state.archives.reduce((sum, archive) => sum + archiveBytes(archive), 0);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, archived);
}
