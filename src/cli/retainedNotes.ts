import { throwIfAborted } from '../common';
import type { ChartNote } from '../common/charts';
import type { ModelConfig } from '../engine';
import type { FileReading } from '../memory';
import type { MemoryViewModel, NoteColumns } from '../protocol';
import { keptNotes, noteColumns } from '../server';

/** A note with the layer that keeps it (layer number of the model). */
export interface RetainedNote extends ChartNote {
  readonly layer: number;
  readonly in: 'pool' | 'archive';
}

/** A note that once had a slot and was displaced by better ones. */
export interface EvictedNote extends RetainedNote {
  /** Tokens that had been read when it was last seen in its pool. */
  readonly until: number;
}

/** The notes of some columns, in their order. */
export function notesOf(
  { layer, slot, position, text, score, line, start }: NoteColumns,
  { layers, poolSize }: Pick<MemoryViewModel, 'layers' | 'poolSize'>,
): RetainedNote[] {
  return position.map((at, i) => ({
    layer: layers[layer[i]!]!,
    slot: slot[i]!,
    in: slot[i]! < poolSize ? 'pool' : 'archive',
    position: at,
    text: text[i]!,
    score: score[i]!,
    ...(line[i]! >= 0 && { line: line[i]!, column: start[i]! }),
  }));
}

/**
 * The notes that stored states along the file still held and its end does not, the most important first. What came and went between
 * two stored states is not seen.
 * @throws signal.reason between two states after an abort
 */
export async function evictedNotes(
  reading: FileReading,
  viewModel: MemoryViewModel,
  config: ModelConfig,
  signal: AbortSignal,
): Promise<EvictedNote[]> {
  const at = ({ layer, position }: RetainedNote): string => `${layer} ${position}`;
  const kept = new Set(notesOf(viewModel.notes, viewModel).map(at));
  const evicted = new Map<string, EvictedNote>();
  for (const until of reading.checkpoints) {
    throwIfAborted(signal);
    const notes = keptNotes(await reading.stateAt(until, signal), config);
    for (const note of notesOf(noteColumns(notes, reading), viewModel)) {
      if (!kept.has(at(note))) evicted.set(at(note), { ...note, until });
    }
  }
  return [...evicted.values()].sort((a, b) => b.score - a.score || a.position - b.position || a.layer - b.layer);
}
