import { NotificationMessage, RequestMessage } from './message';
export interface ReadParams {
  /** Files to read again from their first token; empty: everything that is not fresh. */
  uris: string[];
}

/** Reads files (again). Answers at once; the status tells how it goes. */
export const ReadRequest = new RequestMessage<ReadParams, { queued: number }>('memmamba/read');

export interface ForgetParams {
  uris: string[];
}

export interface ForgetResult {
  /** States that were dropped. States that other files share stay. */
  states: number;
}

/** Forgets files: their states go from the store, and they are not read again until they change or are asked for. */
export const ForgetRequest = new RequestMessage<ForgetParams, ForgetResult>('memmamba/forget');

/** Forgets everything in the store, of all projects. */
export const ForgetAllRequest = new RequestMessage<undefined, ForgetResult>('memmamba/forgetAll');

/** Pauses or resumes reading. Completions and questions go on with what has been read. */
export const PauseNotification = new NotificationMessage<{ paused: boolean }>('memmamba/pause');
