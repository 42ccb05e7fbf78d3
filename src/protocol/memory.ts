import { RequestMessage } from './message';
export interface MemoryParams {
  uri: string;
}

/** A token that the model keeps as a note. */
export interface RetainedNote {
  /** Token position in the document, header included. */
  position: number;
  /** Layer of the model whose note it is. */
  layer: number;
  /** The model's own measure of importance; comparable within a layer only. */
  score: number;
  /** Archived notes are looked at when something is completed or asked, not while the text is read. */
  in: 'pool' | 'archive';
  text: string;
  /** 0-based line, and UTF-16 columns from `start` to `end` in it. Absent for a token of the file's name. */
  place?: { line: number; start: number; end: number };
}

/** What memory holds of a file. */
export interface MemoryResult {
  uri: string;
  /** Bytes and tokens that were really read: always the whole text. */
  bytes: number;
  tokens: number;
  lines: number;
  restoredTokens: number;
  /** The newest tokens have not competed for a place yet; the model still sees all of them. This is the first such position. */
  recentFrom: number;
  /** Size of the state that stands for the text. Bytes. */
  stateBytes: number;
  checkpoints: number[];
  /** Room for notes in each layer. */
  poolSize: number;
  /** And for those that lost their place. */
  archiveSize: number;
  layers: number[];
  /** By position. */
  notes: RetainedNote[];
}

/** What memory holds of a file; waits until it is read. Fails for a skipped file. */
export const MemoryRequest = new RequestMessage<MemoryParams, MemoryResult>('memmamba/memory');
