/** Throws the signal's reason if it was aborted. Call it between steps of work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted();
}

/** Whether an error is how an aborted operation ends, rather than a failure of its own. */
export function isAbort(error: unknown, signal?: AbortSignal): boolean {
  if (signal?.aborted === true && error === signal.reason) return true;
  return error instanceof Error && error.name === 'AbortError';
}

/** Lets pending events (a cancel message, a signal handler) run before the next step: inference blocks the thread. */
export function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
