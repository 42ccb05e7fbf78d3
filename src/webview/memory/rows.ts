import type { MemoryViewModel, MemoryViewLabels, NoteColumns, AttendedResult } from '../../protocol';
import { fill, visible } from '../../common/charts';
import type { NoteChange } from './diff';

/** One line of a list, ready to be shown. */
export interface Row {
  /** Token position in the document. */
  position: number;
  /** Where it is; line -1 for a token of the file's name. */
  line: number;
  start: number;
  end: number;
  uri: string;
  /** One per column. */
  cells: string[];
  /** Set for a change: added, dropped or rescored. */
  kind?: NoteChange['kind'];
}

/** A list with its columns. */
export interface RowList {
  columns: { name: string; isNumber: boolean }[];
  count: number;
  /** Makes one row: only those in sight are made. */
  row: (index: number) => Row;
}

export type SortOrder = 'line' | 'score' | 'age' | 'attended' | 'slot';

/** Which notes are shown, and in which order. */
export interface Choice {
  /** Index of the layer; -1 for all. */
  layer: number;
  order: SortOrder;
}

const column = (name: string, isNumber = true): RowList['columns'][number] => ({ name, isNumber });

/** Notes in pools. */
export function noteRows(viewModel: MemoryViewModel, choice: Choice, uri: string, labels: MemoryViewLabels): RowList {
  const { notes, layers, tokens } = viewModel;
  const { position, score, attended, slot } = notes;
  const orders: Record<SortOrder, (a: number, b: number) => number> = {
    line: (a, b) => a - b,
    age: (a, b) => position[b]! - position[a]!,
    score: (a, b) => score[b]! - score[a]! || a - b,
    attended: (a, b) => attended[b]! - attended[a]! || score[b]! - score[a]! || a - b,
    slot: (a, b) => notes.layer[a]! - notes.layer[b]! || slot[a]! - slot[b]!,
  };
  const shown = ofLayer(notes, choice.layer).sort(orders[choice.order]);
  return {
    columns: [
      column(labels.columnToken, false),
      column(labels.columnLine),
      column(labels.columnLayer),
      column(labels.columnSlot),
      column(labels.columnScore),
      column(labels.columnAge),
      column(labels.columnAttended),
    ],
    count: shown.length,
    row: (index) => {
      const i = shown[index]!;
      return row(notes, i, uri, [
        tokenName(notes, i, labels),
        lineName(notes, i),
        String(layers[notes.layer[i]!]! + 1),
        String(slot[i]),
        score[i]!.toFixed(2),
        count(tokens - position[i]!),
        attended[i] === 0 ? '–' : count(attended[i]!),
      ]);
    },
  };
}

/** Notes that lost their place. */
export function evictedRows(
  viewModel: MemoryViewModel,
  choice: Choice,
  uri: string,
  labels: MemoryViewLabels,
): RowList {
  const { layers } = viewModel;
  const { notes } = viewModel.evicted;
  const shown = ofLayer(notes, choice.layer);
  if (choice.order === 'score') shown.sort((a, b) => notes.score[b]! - notes.score[a]! || a - b);
  if (choice.order === 'age') shown.reverse();
  return {
    columns: [
      column(labels.columnToken, false),
      column(labels.columnLine),
      column(labels.columnLayer),
      column(labels.columnScore),
      column(labels.columnUntil),
    ],
    count: shown.length,
    row: (index) => {
      const i = shown[index]!;
      return row(notes, i, uri, [
        tokenName(notes, i, labels),
        lineName(notes, i),
        String(layers[notes.layer[i]!]! + 1),
        notes.score[i]!.toFixed(2),
        count(notes.until[i]!),
      ]);
    },
  };
}

/** Notes that a completion or answer looked at, with weights; those of one file below those of the one before. */
export function attendedRows(attended: AttendedResult, choice: Choice, labels: MemoryViewLabels): RowList {
  const shown = attended.files.flatMap(({ notes }, file) => ofLayer(notes, choice.layer).map((i) => ({ file, i })));
  const weight = ({ file, i }: { file: number; i: number }): number => attended.files[file]!.notes.weight[i]!;
  shown.sort((a, b) => a.file - b.file || weight(b) - weight(a));
  return {
    columns: [
      column(labels.columnToken, false),
      column(labels.columnLine),
      column(labels.columnLayer, false),
      column(labels.columnWeight),
      column(labels.columnPeak),
    ],
    count: shown.length,
    row: (index) => {
      const { file, i } = shown[index]!;
      const { notes, layers, reads, uri } = attended.files[file]!;
      const { layer, kind } = reads[notes.read[i]!]!;
      const own = layers[notes.layer[i]!]! + 1;
      return row(notes, i, uri, [
        tokenName(notes, i, labels),
        lineName(notes, i),
        kind === 'own' ? String(own) : fill(labels.readCross, own, layer + 1),
        percent(notes.weight[i]!),
        percent(notes.peak[i]!),
      ]);
    },
  };
}

/** What became of the notes since the remembered version. */
export function changeRows(
  changes: readonly NoteChange[],
  before: MemoryViewModel,
  after: MemoryViewModel,
  choice: Choice,
  uri: string,
  labels: MemoryViewLabels,
): RowList {
  const notesOf = ({ after: j }: NoteChange): MemoryViewModel => (j < 0 ? before : after);
  const indexOf = ({ before: i, after: j }: NoteChange): number => (j < 0 ? i : j);
  const shown = changes.filter(
    (change) => choice.layer < 0 || notesOf(change).notes.layer[indexOf(change)] === choice.layer,
  );
  return {
    columns: [
      column(labels.columnChange, false),
      column(labels.columnToken, false),
      column(labels.columnLine),
      column(labels.columnLayer),
      column(labels.columnSlot),
      column(labels.columnScore),
    ],
    count: shown.length,
    row: (index) => {
      const change = shown[index]!;
      const { notes, layers } = notesOf(change);
      const i = indexOf(change);
      const score = notes.score[i]!.toFixed(2);
      const cells = [
        labels[change.kind],
        tokenName(notes, i, labels),
        lineName(notes, i),
        String(layers[notes.layer[i]!]! + 1),
        String(notes.slot[i]),
        change.kind === 'rescored' ? `${before.notes.score[change.before]!.toFixed(2)} → ${score}` : score,
      ];
      return { ...row(notes, i, uri, cells), kind: change.kind };
    },
  };
}

function row(notes: NoteColumns, i: number, uri: string, cells: string[]): Row {
  return {
    position: notes.position[i]!,
    line: notes.line[i]!,
    start: notes.start[i]!,
    end: notes.end[i]!,
    uri,
    cells,
  };
}

function ofLayer(notes: NoteColumns, layer: number): number[] {
  const all = Array.from(notes.position.keys());
  return layer < 0 ? all : all.filter((i) => notes.layer[i] === layer);
}

function lineName(notes: NoteColumns, i: number): string {
  return notes.line[i]! < 0 ? '–' : count(notes.line[i]! + 1);
}

/** A token's text; those of the file's name have a name instead. */
function tokenName(notes: NoteColumns, i: number, labels: MemoryViewLabels): string {
  return notes.line[i]! < 0 ? labels.fileName : visible(notes.text[i]!);
}

/** 12345 → 12,345 */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A share with three digits that mean something: 0.0042 → 0.42 %. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)} %`;
}
