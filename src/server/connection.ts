import {
  ProgressType,
  ResponseError,
  type CancellationToken,
  type Connection,
  type ProgressToken,
} from 'vscode-languageserver/node';
import { describeError, isAbort, UserError } from '../common';
import type { NotificationMessage, ParamsOf, RequestMessage } from '../protocol';

/** JSON-RPC codes of a request that the user cancelled, and of one that failed for a reason given in `data`. */
const REQUEST_CANCELLED = -32800;
const REQUEST_FAILED = -32803;

/**
 * Handles a request. The signal is aborted when the client cancels; user errors reach the client with their hint.
 *
 * @param work gets `report` for its progress; a client that sends no `progressToken` does not receive it
 */
export function handle<P, R, S>(
  connection: Connection,
  { method }: RequestMessage<P, R, S>,
  work: (params: P, signal: AbortSignal, report: (step: S) => void) => Promise<R> | R,
): void {
  // For a message without parameters, the library passes only the token.
  connection.onRequest(method, (...received: [P, CancellationToken] | [CancellationToken]) => {
    const token = received.at(-1) as CancellationToken;
    const params = received[0] as P;
    const { progressToken } = (params ?? {}) as { progressToken?: ProgressToken };
    const report = (step: unknown): void => {
      if (progressToken !== undefined) {
        connection.sendProgress(new ProgressType<unknown>(), progressToken, step).catch(() => undefined);
      }
    };
    return answer(token, (signal) => work(params, signal, report));
  });
}

/** Listens to a notification. */
export function listen<P>(
  connection: Connection,
  { method }: NotificationMessage<P>,
  listener: (params: P) => void,
): void {
  connection.onNotification(method, listener);
}

/** Sends a notification; one to a disconnected client is dropped. */
export function notify<P>(connection: Connection, { method }: NotificationMessage<P>, ...params: ParamsOf<P>): void {
  connection.sendNotification(method, ...params).catch(() => undefined);
}

/** Runs a request: its result, or its failure as the client should see it. */
export async function answer<R>(
  token: CancellationToken,
  work: (signal: AbortSignal) => Promise<R> | R,
): Promise<R | ResponseError> {
  const controller = new AbortController();
  const listening = token.onCancellationRequested(() => controller.abort());
  try {
    if (token.isCancellationRequested) controller.abort();
    return await work(controller.signal);
  } catch (error) {
    return toResponseError(error, controller.signal);
  } finally {
    listening.dispose();
  }
}

export function toResponseError(error: unknown, signal: AbortSignal): ResponseError {
  if (isAbort(error, signal)) return new ResponseError(REQUEST_CANCELLED, 'cancelled');
  if (error instanceof UserError) {
    return failure(error.message, { code: error.code, hint: error.hint });
  }
  return failure(describeError(error), { code: 'defect' });
}

/** The protocol's own request types have no place for an error's data, so it is omitted from the types here. */
function failure(message: string, data: { code: string; hint?: string | undefined }): ResponseError {
  return new ResponseError(REQUEST_FAILED, message, data) as ResponseError<unknown> as ResponseError;
}
