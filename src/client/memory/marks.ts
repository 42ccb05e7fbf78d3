import type { AttendedFile, MemoryViewModel } from '../../protocol';

/** A highlighted range of a line, with its description. Lines and columns are 0-based, columns in UTF-16 units. */
export interface Mark {
  line: number;
  start: number;
  end: number;
  /** The part of the token in this line: what the editor must show there. */
  text: string;
  /** Strength, from 0 to {@link STRENGTHS} - 1. */
  strength: number;
  /** Layers that keep the token, counted from 1. */
  layers: number[];
  /** Number of completions and answers that attended to it. */
  attended: number;
  /** Largest share of one token's attention, for a single completion or answer. */
  peak?: number;
}

/** Number of theme colours. */
export const STRENGTHS = 5;

/** At least this many attended notes are shown, even if none received much attention. */
const MIN_ATTENDED = 20;

/** A replaced range of a text. */
export interface TextChange {
  start: { line: number; character: number };
  end: { line: number; character: number };
  text: string;
}

/** The retained tokens of a file, by line; each token once. Its strength is its best rank among the notes of a layer. */
export function retainedMarks({ notes, layers }: MemoryViewModel): Mark[] {
  const marks = new Map<number, Mark>();
  for (const layer of layers.keys()) {
    const own = indicesOf(notes.layer, layer).sort((a, b) => notes.score[a]! - notes.score[b]!);
    own.forEach((i, rank) => {
      const strength = Math.floor((rank * STRENGTHS) / own.length);
      addMark(marks, notes, i, strength, layers[layer]! + 1, notes.attended[i]!);
    });
  }
  return byPlace(marks);
}

/** The tokens that a completion or answer attended to: those with a noticeable share, and a minimum number. */
export function attendedMarks({ notes, layers }: AttendedFile, share: number): Mark[] {
  const order = Array.from(notes.peak.keys()).sort((a, b) => notes.peak[b]! - notes.peak[a]!);
  const shown = order.filter((i, rank) => rank < MIN_ATTENDED || notes.peak[i]! >= share);
  const marks = new Map<number, Mark>();
  for (const [rank, i] of shown.entries()) {
    const strength = STRENGTHS - 1 - Math.floor((rank * STRENGTHS) / shown.length);
    addMark(marks, notes, i, strength, layers[notes.layer[i]!]! + 1, 0, notes.peak[i]);
  }
  return byPlace(marks);
}

/** The marks after an edit: moved with the text, without those whose text was touched. */
export function shiftMarks(marks: readonly Mark[], { start, end, text }: TextChange): Mark[] {
  const lines = text.split(/\r\n|\r|\n/);
  const added = lines.length - 1 - (end.line - start.line);
  const lastColumn = lines.at(-1)!.length + (lines.length === 1 ? start.character : 0);
  return marks.flatMap((mark) => {
    const isBefore = mark.line < start.line || (mark.line === start.line && mark.end <= start.character);
    if (isBefore) return [mark];
    if (mark.line > end.line) return [{ ...mark, line: mark.line + added }];
    if (mark.line < end.line || mark.start < end.character) return [];
    const by = lastColumn - end.character;
    return [{ ...mark, line: mark.line + added, start: mark.start + by, end: mark.end + by }];
  });
}

/** The mark at a position. @param marks in order of position */
export function markAt(marks: readonly Mark[], line: number, column: number): Mark | undefined {
  return marks.find((mark) => mark.line === line && mark.start <= column && column < mark.end);
}

interface Columns {
  layer: number[];
  position: number[];
  line: number[];
  start: number[];
  end: number[];
  text: string[];
}

function addMark(
  marks: Map<number, Mark>,
  notes: Columns,
  i: number,
  strength: number,
  layer: number,
  attended: number,
  peak?: number,
): void {
  const [line, start, end] = [notes.line[i]!, notes.start[i]!, notes.end[i]!];
  // Tokens of the file's name, and bare line ends, are not visible in the editor.
  if (line < 0 || end <= start) return;
  const known = marks.get(notes.position[i]!);
  if (known === undefined) {
    const text = notes.text[i]!.slice(0, end - start);
    const mark = { line, start, end, text, strength, layers: [layer], attended, ...(peak !== undefined && { peak }) };
    marks.set(notes.position[i]!, mark);
    return;
  }
  known.strength = Math.max(known.strength, strength);
  // The same completion may have attended to the token in several layers: the sum would count it more than once.
  known.attended = Math.max(known.attended, attended);
  if (peak !== undefined) known.peak = Math.max(known.peak ?? 0, peak);
  if (!known.layers.includes(layer)) known.layers.push(layer);
}

function byPlace(marks: Map<number, Mark>): Mark[] {
  for (const mark of marks.values()) mark.layers.sort((a, b) => a - b);
  return [...marks.values()].sort((a, b) => a.line - b.line || a.start - b.start);
}

function indicesOf(values: readonly number[], wanted: number): number[] {
  return values.flatMap((value, i) => (value === wanted ? [i] : []));
}
