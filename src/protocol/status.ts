import { NotificationMessage, RequestMessage } from './message';
import type { FileCounts, FileState } from './files';

/** What the server is doing, as one value from which everything visible is derived. */
export type ServerPhase =
  | { kind: 'starting' }
  /** Nothing is left to read. */
  | { kind: 'ready' }
  /** `uri` is the file being read; `filesLeft` includes it. */
  | { kind: 'reading'; uri: string; doneTokens: number; totalTokens: number; filesLeft: number }
  | { kind: 'paused'; why: 'user' | 'battery'; filesLeft: number }
  /** The model cannot be used; only this status works. */
  | { kind: 'failed'; code: string; message: string; hint?: string };

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
