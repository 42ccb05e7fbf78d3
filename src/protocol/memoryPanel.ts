import type { FidelityReport } from '../common/charts';
import type { FileState } from './files';
import { RequestMessage } from './message';

export type { FidelityReport };

/** Notes as columns, so that many of them are one small message: entry i of each list belongs to note i. */
export interface NoteColumns {
  /** Index into the `layers` beside it. */
  layer: number[];
  /** Place in the layer's pool, or after its places (`poolSize` and above) in its archive; -1 for a note that is in none. */
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
  /** Completions and answers that recalled the note: one of their tokens gave it {@link ATTENDED_SHARE} of a read at least. */
  attended: number[];
}

/** Notes that were in a pool, lost their place to better ones and are in no archive. */
export interface EvictedNotes extends NoteColumns {
  /** Tokens that had been read when the note was last seen in its pool. */
  until: number[];
}

/** From this share of one token's attention (mean over heads, within one read) on, a note counts as recalled. */
export const ATTENDED_SHARE = 0.05;

/** What memory holds of one version of a file. */
export interface MemoryViewModel {
  /** Bytes, lines and tokens that were really read: always the whole text. */
  bytes: number;
  lines: number;
  /** Header included. */
  tokens: number;
  headerTokens: number;
  /** Tokens whose state came from the store; the others were read. */
  restoredTokens: number;
  /** The newest tokens have not competed for a place yet; the model still sees all of them. This is the first such position. */
  recentFrom: number;
  blockSize: number;
  /** Room for notes in each layer. */
  poolSize: number;
  /** Room in each layer for notes that lost their place: looked at when something is asked, not while reading. */
  archiveSize: number;
  /** 0-based layers of the model that keep notes. */
  layers: number[];
  /** Size of the state that stands for the text. Bytes. */
  stateBytes: number;
  /** Token positions of the states in the store. */
  checkpoints: number[];
  /** By position, then layer. */
  notes: KeptNotes;
  evicted: {
    /** Tokens per layer that competed for a place and have none now, whether it is known which or not. */
    count: number[];
    /**
     * Which of them are known: none, or those that held a place for a while (as seen at states along the file, `everyTokens` apart).
     * What never held a place is not recorded.
     */
    known: 'none' | 'placed';
    everyTokens: number;
    /** The most important ones per layer, at most {@link EVICTED_LIMIT}; by position, then layer. */
    notes: EvictedNotes;
  };
  /** Completions and answers since the server started whose reads are counted in `recalled`. */
  counted: { completions: number; answers: number };
}

/** Evicted notes that are told per layer. */
export const EVICTED_LIMIT = 1500;

export interface MemoryPanelParams {
  uri: string;
  /** The revision that the client has: when it is still the latest, no picture is sent. */
  have?: string;
}

export interface MemoryPanelResult {
  uri: string;
  name: string;
  state: FileState;
  /** Changes with everything that the picture shows. Empty while there is none. */
  revision: string;
  /** What memory holds; of an earlier version of the text while the state is not fresh. Absent when nothing is held, or nothing new. */
  viewModel?: MemoryViewModel;
}

/** What memory holds of a file now, for the memory panel. Never waits for a reading. Fails for a file that is not known. */
export const MemoryPanelRequest = new RequestMessage<MemoryPanelParams, MemoryPanelResult>('memmamba/memoryPanel');

/** How the attention of one read was shared out; the five shares sum to 1. Means over heads and tokens. */
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

/** What was recalled of one file. */
export interface AttendedFile {
  uri: string;
  name: string;
  /** Tokens of the question, completion or answer that read. */
  tokens: number;
  layers: number[];
  reads: ReadShares[];
  /** Every note with a weight above 0; within a read, the most looked at first. */
  notes: AttendedNotes;
}

/** What the last completion that was offered, or the last answer, looked at. */
export interface AttendedResult {
  of: 'completion' | 'answer';
  /** The question; absent for a completion. */
  question?: string;
  /** What was offered, and where (0-based); absent for an answer. */
  offered?: { text: string; line: number; character: number };
  /** For an answer: the files that were put to the model, in that order. */
  files: AttendedFile[];
}

/** What the last completion or answer recalled; null when there was none since the server started. */
export const AttendedRequest = new RequestMessage<{ of: 'completion' | 'answer' }, AttendedResult | null>(
  'memmamba/recall',
);

export interface FidelityParams {
  uri: string;
  /** Steps are told under this token. */
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
