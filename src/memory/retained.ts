import { bestSlots, type ModelConfig } from '../engine';
import type { FileReading } from './fileMemory';

/** A token that the model kept as a note, and its location in the text. */
export interface RetainedToken {
  /** Token position in the document, header included. */
  position: number;
  /** Model layer that holds the note, 0-based. */
  layer: number;
  /** The model's own measure of importance; the lowest are dropped first. Comparable within a layer only. */
  score: number;
  /** Archived notes are attended to when a question is asked, not while the text is read. */
  in: 'pool' | 'archive';
  /** The token's text; incomplete characters appear as U+FFFD. */
  text: string;
  /** 0-based line and UTF-16 column of the token's first byte; undefined for a token of the header (the file name). */
  place: { line: number; column: number } | undefined;
}

/**
 * All notes in the state at the end of a document, ordered by position. The newest tokens (up to two blocks) are not in this list:
 * they have not competed for a slot yet, and the model still sees all of them.
 */
export function retainedTokens(
  reading: Pick<FileReading, 'state' | 'headerTokens' | 'offsets' | 'tokens' | 'bytes'>,
  config: Pick<ModelConfig, 'noteLayers' | 'archiveSize'>,
): RetainedToken[] {
  const { state, headerTokens, offsets, bytes } = reading;
  const retained: RetainedToken[] = [];
  const add = (j: number, position: number, score: number, where: RetainedToken['in']): void => {
    const index = position - headerTokens;
    const inText = index >= 0;
    retained.push({
      position,
      layer: config.noteLayers[j]!,
      score,
      in: where,
      text: inText
        ? Buffer.from(bytes.subarray(offsets.byteOffset(index), offsets.byteOffset(index + 1))).toString('utf8')
        : '',
      place: inText ? offsets.position(index) : undefined,
    });
  };
  for (const [j, { count, positions, scores }] of state.pools.entries()) {
    for (let slot = 0; slot < count; slot++) add(j, positions[slot]!, scores[slot]!, 'pool');
  }
  for (const [j, archive] of state.archives.entries()) {
    const { positions, scores } = archive.rows;
    for (const slot of bestSlots(archive, config.archiveSize)) add(j, positions[slot]!, scores[slot]!, 'archive');
  }
  return retained.sort((a, b) => a.position - b.position || a.layer - b.layer);
}
