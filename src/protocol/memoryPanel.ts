import type { FidelityReport } from '../common/charts';
import type { FileState } from './files';
import { RequestMessage } from './message';

export type { FidelityReport };

/** Notes as columns, so that thousands of them are one small message: entry i of each list belongs to note i. */
export interface NoteColumns {
  /** Index into `layers`. */
  layer: number[];
  /** Slot in the layer's pool, or `poolSize` + slot in its archive; -1 for a note in neither. */
  slot: number[];
  /** Token position in the document, header included. */
  position: number[];
  /** The model's own measure of importance; comparable within a layer only. */
  score: number[];
  /** 0-based line; -1 for a token of the file's name. */
  line: number[];
  /** UTF-16 columns in that line: from `start` to `end`. */
  start: number[];
  end: number[];
  /** UTF-16 offset in the text; -1 for a token of the file's name. */
  offset: number[];
  text: string[];
}

/** Notes in the pools and archives. */
export interface KeptNotes extends NoteColumns {
  /**
   * Number of completions and answers that attended to the note: one of their tokens gave it at least {@link ATTENDED_SHARE}
   * of a read.
   */
  attended: number[];
}

/** Notes that were in a pool, were displaced by better ones and are in no archive. */
export interface EvictedNotes extends NoteColumns {
  /** Number of tokens read when the note was last seen in its pool. */
  until: number[];
}

/** A note counts as attended to from this share of one token's attention on (mean over heads, within one read). */
export const ATTENDED_SHARE = 0.05;

/** What memory holds of one version of a file. */
export interface MemoryViewModel {
  /** Bytes, lines and tokens that were read: always the whole text. */
  bytes: number;
  lines: number;
  /** Header included. */
  tokens: number;
  headerTokens: number;
  /** Tokens whose state came from the store; the others were read. */
  restoredTokens: number;
  /** Position from which on tokens have not competed for a slot yet; the model still sees all of them. */
  recentFrom: number;
  blockSize: number;
  /** Capacity for notes in each layer. */
  poolSize: number;
  /** Capacity in each layer for evicted notes: attended to when a question is asked, not while reading. */
  archiveSize: number;
  /** 0-based layers of the model that keep notes. */
  layers: number[];
  /** Size of the state at the end of the text. Bytes. */
  stateBytes: number;
  /** Token positions of the states in the store. */
  checkpoints: number[];
  /** By position, then layer. */
  notes: KeptNotes;
  evicted: {
    /** Tokens per layer that competed for a slot and have none now, whether they are listed or not. */
    count: number[];
    /**
     * Which of them are listed: none, or those that held a slot for a while (as seen in states along the file, `everyTokens` apart).
     * Tokens that never held one are not recorded.
     */
    known: 'none' | 'placed';
    everyTokens: number;
    /** The most important ones per layer, at most {@link EVICTED_LIMIT}; by position, then layer. */
    notes: EvictedNotes;
  };
  /** Completions and answers since the server started that are counted in `attended`. */
  counted: { completions: number; answers: number };
}

/** Maximum number of evicted notes listed per layer. */
export const EVICTED_LIMIT = 1500;

export interface MemoryPanelParams {
  uri: string;
  /** The client's revision: if it is current, no view model is sent. */
  have?: string;
}

export interface MemoryPanelResult {
  uri: string;
  name: string;
  state: FileState;
  /** Changes with everything the view model contains. Empty while there is none. */
  revision: string;
  /**
   * What memory holds; of an earlier version of the text while the state is not fresh. Absent when nothing is held, or nothing is new.
   */
  viewModel?: MemoryViewModel;
}

/** The current memory of a file, for the memory panel. Never waits for a reading. Fails for an unknown file. */
export const MemoryPanelRequest = new RequestMessage<MemoryPanelParams, MemoryPanelResult>('memmamba/memoryPanel');

/** How the attention of one read was distributed; the five shares sum to 1. Means over heads and tokens. */
export interface ReadShares {
  /** 0-based layer that read. */
  layer: number;
  /** Its own notes and recent tokens, or the notes of the layers below. */
  kind: 'own' | 'cross';
  nothing: number;
  notes: number;
  /** The previous block and earlier tokens of the current one. */
  recent: number;
  /** Tokens of the same run. */
  own: number;
}

export interface AttendedNotes extends NoteColumns {
  /** Index into `reads`. */
  read: number[];
  /** Share of that read; those of one read sum to its `notes`. */
  weight: number[];
  /** Largest share that a single token gave it. */
  peak: number[];
}

/** What was attended to in one file. */
export interface AttendedFile {
  uri: string;
  name: string;
  /** Tokens of the question, completion or answer that attended. */
  tokens: number;
  layers: number[];
  reads: ReadShares[];
  /** Every note with a weight above 0; within a read, most attention first. */
  notes: AttendedNotes;
}

/** What the last offered completion, or the last answer, attended to. */
export interface AttendedResult {
  of: 'completion' | 'answer';
  /** The question; absent for a completion. */
  question?: string;
  /** The offer and its position (0-based); absent for an answer. */
  offered?: { text: string; line: number; character: number };
  /** For an answer: the files that the model was asked about, in that order. */
  files: AttendedFile[];
}

/** What the last completion or answer attended to; null when there was none since the server started. */
export const AttendedRequest = new RequestMessage<{ of: 'completion' | 'answer' }, AttendedResult | null>(
  'memmamba/recall',
);

export interface FidelityParams {
  uri: string;
  /** Progress is reported under this token. */
  progressToken?: string | number;
}

export interface FidelityProgress {
  done: number;
  total: number;
}

/** Measures how much of a file survives in its memory; takes seconds. Can be cancelled. Fails for a skipped file. */
export const FidelityRequest = new RequestMessage<FidelityParams, FidelityReport, FidelityProgress>(
  'memmamba/fidelity',
);
