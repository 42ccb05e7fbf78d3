import type { MemoryViewModel, MemoryViewLabels, NoteColumns, AttendedResult } from '../../protocol';
import { fill, formatCount, visible } from '../../common/charts';
import type { NoteChange } from './diff';

/** One row of a list. */
export interface Row {
  /** Token position in the document. */
  position: number;
  /** Its location; line -1 for a token of the file's name. */
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
  /** Creates one row: only visible ones are created. */
  row: (index: number) => Row;
}

export type SortOrder = 'line' | 'score' | 'age' | 'attended' | 'slot';

/** Which notes are shown, and in which order. */
export interface Choice {
  /** Index of the layer; -1 for all. */
  layer: number;
  order: SortOrder;
}

/** A note in a list, with its file. */
interface Shown {
  notes: NoteColumns;
  i: number;
  layers: readonly number[];
  uri: string;
}

/** A column, with its value for a note. */
interface Column<T> {
  name: string;
  isNumber: boolean;
  cell: (note: Shown, item: T) => string;
}

function column<T>(name: string, cell: Column<T>['cell'], isNumber = true): Column<T> {
  return { name, isNumber, cell };
}

/** The columns common to all lists: token, line, layer and score. */
function commonColumns(labels: MemoryViewLabels): Record<'token' | 'line' | 'layer' | 'score', Column<unknown>> {
  return {
    // Tokens of the file's name get a label instead of their text.
    token: column(
      labels.columnToken,
      ({ notes, i }) => (notes.line[i]! < 0 ? labels.fileName : visible(notes.text[i]!)),
      false,
    ),
    line: column(labels.columnLine, ({ notes, i }) => (notes.line[i]! < 0 ? '–' : formatCount(notes.line[i]! + 1))),
    layer: column(labels.columnLayer, (note) => String(layerOf(note))),
    score: column(labels.columnScore, ({ notes, i }) => notes.score[i]!.toFixed(2)),
  };
}

/** 1-based. */
const layerOf = ({ notes, i, layers }: Shown): number => layers[notes.layer[i]!]! + 1;

function rowList<T>(items: readonly T[], noteOf: (item: T) => Shown, columns: readonly Column<T>[]): RowList {
  return {
    columns: columns.map(({ name, isNumber }) => ({ name, isNumber })),
    count: items.length,
    row: (index) => {
      const item = items[index]!;
      const note = noteOf(item);
      const { notes, i, uri } = note;
      return {
        position: notes.position[i]!,
        line: notes.line[i]!,
        start: notes.start[i]!,
        end: notes.end[i]!,
        uri,
        cells: columns.map(({ cell }) => cell(note, item)),
      };
    },
  };
}

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
  const common = commonColumns(labels);
  return rowList(shown, (i) => ({ notes, i, layers, uri }), [
    common.token,
    common.line,
    common.layer,
    column(labels.columnSlot, ({ i }) => String(slot[i])),
    common.score,
    column(labels.columnAge, ({ i }) => formatCount(tokens - position[i]!)),
    column(labels.columnAttended, ({ i }) => (attended[i] === 0 ? '–' : formatCount(attended[i]!))),
  ]);
}

/** Evicted notes. */
export function evictedRows(
  { layers, evicted: { notes } }: MemoryViewModel,
  choice: Choice,
  uri: string,
  labels: MemoryViewLabels,
): RowList {
  const shown = ofLayer(notes, choice.layer);
  if (choice.order === 'score') shown.sort((a, b) => notes.score[b]! - notes.score[a]! || a - b);
  if (choice.order === 'age') shown.reverse();
  const { token, line, layer, score } = commonColumns(labels);
  const until = column(labels.columnUntil, ({ i }: Shown) => formatCount(notes.until[i]!));
  return rowList(shown, (i) => ({ notes, i, layers, uri }), [token, line, layer, score, until]);
}

/** Notes that a completion or answer attended to, with weights, file by file. */
export function attendedRows(attended: AttendedResult, choice: Choice, labels: MemoryViewLabels): RowList {
  const shown = attended.files.flatMap((file, number) =>
    ofLayer(file.notes, choice.layer).map((i) => ({ ...file, number, i })),
  );
  type Attended = (typeof shown)[number];
  const weight = ({ notes, i }: Attended): number => notes.weight[i]!;
  shown.sort((a, b) => a.number - b.number || weight(b) - weight(a));
  const { token, line } = commonColumns(labels);
  const layerName = (note: Shown, { notes, reads, i }: Attended): string => {
    const { layer, kind } = reads[notes.read[i]!]!;
    const own = layerOf(note);
    return kind === 'own' ? String(own) : fill(labels.readCross, own, layer + 1);
  };
  return rowList(shown, (note) => note, [
    token,
    line,
    column(labels.columnLayer, layerName, false),
    column(labels.columnWeight, (_, note) => percent(weight(note))),
    column(labels.columnPeak, (_, { notes, i }) => percent(notes.peak[i]!)),
  ]);
}

/** Changes of the notes since the baseline. */
export function changeRows(
  changes: readonly NoteChange[],
  before: MemoryViewModel,
  after: MemoryViewModel,
  choice: Choice,
  uri: string,
  labels: MemoryViewLabels,
): RowList {
  const noteOf = ({ before: i, after: j }: NoteChange): Shown => ({
    ...(j < 0 ? before : after),
    i: j < 0 ? i : j,
    uri,
  });
  const shown = changes.filter((change) => {
    const { notes, i } = noteOf(change);
    return choice.layer < 0 || notes.layer[i] === choice.layer;
  });
  const { token, line, layer, score } = commonColumns(labels);
  const list = rowList(shown, noteOf, [
    column(labels.columnChange, (_, { kind }) => labels[kind], false),
    token,
    line,
    layer,
    column(labels.columnSlot, ({ notes, i }) => String(notes.slot[i])),
    column(labels.columnScore, (note, change) => {
      const now = score.cell(note, change);
      return change.kind === 'rescored' ? `${before.notes.score[change.before]!.toFixed(2)} → ${now}` : now;
    }),
  ]);
  return { ...list, row: (index) => ({ ...list.row(index), kind: shown[index]!.kind }) };
}

function ofLayer(notes: NoteColumns, layer: number): number[] {
  const all = Array.from(notes.position.keys());
  return layer < 0 ? all : all.filter((i) => notes.layer[i] === layer);
}

/** A percentage with three significant digits: 0.0042 → 0.42 %. */
export function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)} %`;
}
