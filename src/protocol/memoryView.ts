import type { ChartLabels } from '../common/charts';
import type { MemoryViewLabels } from './labels';
import type { FidelityReport, MemoryViewModel, AttendedResult } from './memoryPanel';

/**
 * A change of a text as the differing range, in UTF-16 offsets. The text before `start` is the same, and so is the text after the
 * ends.
 */
export interface TextEdit {
  start: number;
  oldEnd: number;
  newEnd: number;
}

/** The file shown in the panel. */
export interface ShownFile {
  uri: string;
  /** Path in the workspace, or the name. */
  name: string;
  isPinned: boolean;
  /** Its stage, as text. */
  note: string;
  /** Tokens read, and the total; absent when unknown. */
  read?: { done: number; total: number };
  /** The view model belongs to an earlier version of the text. */
  isStale: boolean;
}

/** The measurement of fidelity. */
export type FidelityState =
  | { kind: 'none' }
  | { kind: 'measuring'; done: number; total: number }
  | { kind: 'measured'; report: FidelityReport }
  | { kind: 'failed'; message: string };

/** Notes saved for a comparison. */
export interface Baseline {
  /** Time, as text. */
  label: string;
  viewModel: MemoryViewModel;
  /** The changes to the text since then. */
  edit: TextEdit;
}

/** Everything that the panel shows. The extension sends only the members that have changed. */
export interface MemoryViewState {
  labels: MemoryViewLabels;
  chartLabels: ChartLabels;
  file: ShownFile | null;
  viewModel: MemoryViewModel | null;
  baseline: Baseline | null;
  attended: AttendedResult | null;
  fidelity: FidelityState;
  /** The line requested with `peek`. */
  peeked: { line: number; text: string } | null;
  /** A list that the user opened with a command: it comes to the front. */
  front: 'attended' | null;
}

export type MemoryViewUpdate = Partial<MemoryViewState>;

/** Messages from the panel to the extension. */
export type MemoryViewMessage =
  | { type: 'ready' }
  /** Opens a location in the shown file or another one. 0-based line. */
  | { type: 'open'; uri: string; line: number; start: number; end: number }
  /** Requests the text of a line, for a tooltip. */
  | { type: 'peek'; uri: string; line: number }
  | { type: 'pin'; isPinned: boolean }
  | { type: 'measure' | 'cancelMeasure' | 'remember' | 'forgetBaseline' | 'exportJson' | 'exportSvg' | 'closeAttended' }
  | { type: 'attended'; of: AttendedResult['of'] };
