import { NotificationMessage, RequestMessage } from './message';
import type { FileCounts, FileState } from './files';

/** What the server is doing, as one value from which everything visible is derived. */
export type ServerPhase =
  | { kind: 'starting' }
  /** Nothing is left to read. */
  | { kind: 'ready' }
  /** `uri` is the file that is read now; `filesLeft` counts it, too. */
  | { kind: 'reading'; uri: string; doneTokens: number; totalTokens: number; filesLeft: number }
  | { kind: 'paused'; why: 'user' | 'battery'; filesLeft: number }
  /** The model cannot be used; nothing but this status works. */
  | { kind: 'failed'; code: string; message: string; hint?: string };

export interface EngineStatus {
  model: string;
  provider: 'cpu' | 'webgpu';
  threads: number;
  /** What was tried, and why it was taken or not: one line each. */
  attempts: string[];
  /** Measured while reading; absent until a block was read. */
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
  /** The file in front of the user. */
  active?: {
    uri: string;
    state: FileState;
    /** The last completion asked for here was not offered because the text before the cursor is not read yet. */
    completionWaits: boolean;
  };
}

/** The status now. */
export const StatusRequest = new RequestMessage<undefined, ServerStatus>('memmamba/status');

/** The status has changed. */
export const StatusNotification = new NotificationMessage<ServerStatus>('memmamba/statusChanged');
