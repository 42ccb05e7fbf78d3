import type { FileReading } from '../../memory';
import type { NoteColumns } from '../../protocol';

/** Locations of a document's tokens. */
export type TokenPlaces = Pick<FileReading, 'headerTokens' | 'offsets' | 'bytes'>;

/** One note, before it becomes an entry of the columns. */
export interface ShownNote {
  /** Index into the note layers. */
  layer: number;
  slot: number;
  position: number;
  score: number;
}

/** Notes with the locations and texts of their tokens, in the given order. */
export function noteColumns(notes: readonly ShownNote[], places: TokenPlaces): NoteColumns {
  const columns: NoteColumns = {
    layer: [],
    slot: [],
    position: [],
    score: [],
    line: [],
    start: [],
    end: [],
    offset: [],
    text: [],
  };
  const { headerTokens, offsets, bytes } = places;
  for (const { layer, slot, position, score } of notes) {
    columns.layer.push(layer);
    columns.slot.push(slot);
    columns.position.push(position);
    columns.score.push(score);
    const index = position - headerTokens;
    const isInText = index >= 0;
    const place = isInText ? offsets.position(index) : undefined;
    const text = isInText
      ? Buffer.from(bytes.subarray(offsets.byteOffset(index), offsets.byteOffset(index + 1))).toString('utf8')
      : '';
    const start = place?.column ?? 0;
    columns.line.push(place?.line ?? -1);
    columns.start.push(start);
    columns.end.push(start + text.replace(/[\r\n][^]*$/, '').length);
    columns.offset.push(isInText ? offsets.utf16Offset(index) : -1);
    columns.text.push(text);
  }
  return columns;
}
