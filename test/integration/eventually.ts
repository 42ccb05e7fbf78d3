import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until there is an answer; fails with what was last thrown, or with `what`, when the time is up. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined> | T | undefined,
  timeout = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeout;
  let failure: unknown;
  while (Date.now() < deadline) {
    try {
      const value = await attempt();
      if (value !== undefined) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await sleep(100);
  }
  throw failure instanceof Error ? failure : new Error(`not within ${timeout / 1000} s: ${what}`);
}
