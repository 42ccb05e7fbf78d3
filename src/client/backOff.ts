/** A server that ran for this long counts as healthy again. Milliseconds. */
const HEALTHY = 60_000;

/** Consecutive starts before giving up. */
const MAX_ATTEMPTS = 6;

/** Decides when a server that exited is started again: soon at first, then with increasing delays. */
export class BackOff {
  private attempts = 0;
  private startedAt = 0;

  /** The server is being started. */
  started(now = Date.now()): void {
    this.startedAt = now;
  }

  /** The server exited. @returns when to start it again, or undefined to give up */
  ended(now = Date.now()): { attempt: number; milliseconds: number } | undefined {
    if (now - this.startedAt > HEALTHY) this.attempts = 0;
    this.attempts++;
    if (this.attempts > MAX_ATTEMPTS) return undefined;
    return { attempt: this.attempts, milliseconds: Math.min(30_000, 500 * 2 ** (this.attempts - 1)) };
  }

  /** The user started it again. */
  reset(): void {
    this.attempts = 0;
  }
}
