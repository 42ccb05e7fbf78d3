import { NotificationMessage, RequestMessage } from './message';
import type { FileCounts, FileState } from './files';

/** What the server is doing, as one value from which everything visible is derived. */
export type ServerPhase =
  | { kind: 'starting' }
  /** The folders are being scanned, and the words of files indexed: `doneFiles` of those known so far. */
  | { kind: 'indexing'; doneFiles: number; totalFiles: number }
  /** Nothing is left to read. */
  | { kind: 'ready' }
  /** `uri` is the file being read. */
  | ({ kind: 'reading'; uri: string } & WorkLeft)
  | ({ kind: 'paused'; why: 'user' | 'battery' } & WorkLeft)
  /** The model cannot be used; only this status works. */
  | { kind: 'failed'; code: string; message: string; hint?: string };

/** What is left to read in the whole workspace. Tokens of files that were never read are estimated from their size. */
export interface WorkLeft {
  filesLeft: number;
  tokensLeft: number;
  /** Share of the text that has been read: 0 to 1. */
  share: number;
  /** At the speed measured so far; absent until some was read. */
  secondsLeft?: number;
}

export interface EngineStatus {
  model: string;
  provider: 'cpu' | 'webgpu';
  threads: number;
  /** What was tried, and why it was chosen or rejected: one line each. */
  attempts: string[];
  /** Measured while reading; absent until a block has been read. */
  tokensPerSecond?: number;
}

export interface StoreStatus {
  folder: string;
  mode: 'disk' | 'read-only' | 'memory';
  states: number;
  bytes: number;
  quotaBytes: number;
  warnings: string[];
}

export interface ServerStatus {
  protocolVersion: number;
  serverVersion: string;
  processId: number;
  phase: ServerPhase;
  engine?: EngineStatus;
  store?: StoreStatus;
  counts: FileCounts;
  /** What answers are based on: files whose words can be searched, whether these are all, and tokens that the model has read. */
  asking: { words: number; isComplete: boolean; tokensRead: number };
  /** The active file. */
  active?: {
    uri: string;
    state: FileState;
    /** The last completion request here got no offer because the text before the cursor has not been read yet. */
    completionWaits: boolean;
  };
}

/** The current status. */
export const StatusRequest = new RequestMessage<undefined, ServerStatus>('memmamba/status');

/** The status has changed. */
export const StatusNotification = new NotificationMessage<ServerStatus>('memmamba/statusChanged');
