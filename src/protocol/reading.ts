import { NotificationMessage, RequestMessage } from './message';
export interface ReadParams {
  /** Files to read again from the first token; empty: everything that is not fresh. */
  uris: string[];
}

/** Reads files (again). Answers at once; progress shows in the status. */
export const ReadRequest = new RequestMessage<ReadParams, { queued: number }>('memmamba/read');

export interface ForgetParams {
  uris: string[];
}

export interface ForgetResult {
  /** Number of states dropped. States that other files share stay. */
  states: number;
}

/**
 * Forgets files: their states are removed from the store, and they are not read again until they change or the user
 * asks for it.
 */
export const ForgetRequest = new RequestMessage<ForgetParams, ForgetResult>('memmamba/forget');

/** Forgets everything in the store, for all projects. */
export const ForgetAllRequest = new RequestMessage<undefined, ForgetResult>('memmamba/forgetAll');

/** Pauses or resumes reading. Completions and questions continue to work with what has been read. */
export const PauseNotification = new NotificationMessage<{ paused: boolean }>('memmamba/pause');
