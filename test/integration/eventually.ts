import { setTimeout as sleep } from 'node:timers/promises';
import { PATIENCE } from '../support/patience';

/** Polls until there is an answer; after the timeout fails with the last error, or with `what`. */
export async function eventually<T>(what: string, attempt: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + PATIENCE;
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
  throw failure instanceof Error ? failure : new Error(`not within ${PATIENCE / 1000} s: ${what}`);
}
