import type { ChartLabels } from '../common/charts';
import type { MemoryViewLabels } from './labels';
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
