import type { ChartLabels } from '../common/charts';
import type { FidelityReport, MemoryViewModel, AttendedResult } from './memoryPanel';

/** A change of a text, as the part that differs: UTF-16 offsets. What is before `start` is the same, and what is after the ends. */
export interface TextEdit {
  start: number;
  oldEnd: number;
  newEnd: number;
}

/** The file that the panel shows. */
export interface ShownFile {
  uri: string;
  /** Path in the workspace, or the name. */
  name: string;
  isPinned: boolean;
  /** How far it is, in words. */
  note: string;
  /** Tokens read, and of how many; absent when neither is known. */
  read?: { done: number; total: number };
  /** The picture belongs to an earlier version of the text. */
  isStale: boolean;
}

/** The measurement of fidelity. */
export type FidelityState =
  | { kind: 'none' }
  | { kind: 'measuring'; done: number; total: number }
  | { kind: 'measured'; report: FidelityReport }
  | { kind: 'failed'; message: string };

/** Notes that were remembered for a comparison. */
export interface Baseline {
  /** When, in words. */
  label: string;
  viewModel: MemoryViewModel;
  /** How the text has changed since. */
  edit: TextEdit;
}

/** Everything that the panel shows. The extension sends the members that have changed. */
export interface MemoryViewState {
  labels: MemoryViewLabels;
  chartLabels: ChartLabels;
  file: ShownFile | null;
  viewModel: MemoryViewModel | null;
  baseline: Baseline | null;
  attended: AttendedResult | null;
  fidelity: FidelityState;
  /** The line that was asked for with `peek`. */
  peeked: { line: number; text: string } | null;
  /** A list that the user has asked for by a command: it comes to the front. */
  front: 'attended' | null;
}

export type MemoryViewUpdate = Partial<MemoryViewState>;

/** What the panel asks of the extension. */
export type MemoryViewMessage =
  | { type: 'ready' }
  /** Opens a place of the file that is shown, or of another one. Line 0-based. */
  | { type: 'open'; uri: string; line: number; start: number; end: number }
  /** The text of a line is wanted, to be shown beside the pointer. */
  | { type: 'peek'; uri: string; line: number }
  | { type: 'pin'; isPinned: boolean }
  | { type: 'measure' | 'cancelMeasure' | 'remember' | 'forgetBaseline' | 'exportJson' | 'exportSvg' | 'closeAttended' }
  | { type: 'attended'; of: AttendedResult['of'] };

/** Words of the panel in the user's language; `{0}` stands for values. */
export interface MemoryViewLabels {
  noFile: string;
  notRead: string;
  readOf: string;
  earlier: string;
  pin: string;
  unpin: string;
  facts: string;
  tokens: string;
  restored: string;
  lines: string;
  bytes: string;
  state: string;
  checkpoints: string;
  notes: string;
  notesOf: string;
  evicted: string;
  counted: string;
  map: string;
  mapHelp: string;
  mapPlace: string;
  zoomIn: string;
  zoomOut: string;
  zoomReset: string;
  layer: string;
  allLayers: string;
  sort: string;
  order: string;
  lists: string;
  tabNotes: string;
  tabEvicted: string;
  tabAttended: string;
  tabChanges: string;
  columnToken: string;
  columnLine: string;
  columnLayer: string;
  columnSlot: string;
  columnScore: string;
  columnAge: string;
  columnAttended: string;
  columnUntil: string;
  columnWeight: string;
  columnPeak: string;
  columnChange: string;
  added: string;
  dropped: string;
  rescored: string;
  changesSummary: string;
  fileName: string;
  emptyNotes: string;
  emptyEvicted: string;
  unknownEvicted: string;
  knownEvicted: string;
  emptyAttended: string;
  emptyChanges: string;
  noChanges: string;
  remember: string;
  forgetBaseline: string;
  comparedWith: string;
  attendedByCompletion: string;
  attendedByAnswer: string;
  closeAttended: string;
  completionAttended: string;
  answerAttended: string;
  attendedReads: string;
  readOwn: string;
  readCross: string;
  shareNotes: string;
  shareRecent: string;
  shareOwn: string;
  shareNothing: string;
  fidelity: string;
  fidelityHelp: string;
  measure: string;
  cancel: string;
  measuring: string;
  numbers: string;
  exportJson: string;
  exportSvg: string;
}
