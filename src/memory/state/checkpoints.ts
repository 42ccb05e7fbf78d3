/** Blocks of a record, and between the checkpoints near the end: 16 blocks of 128 tokens are 2048 tokens, about a second of reading. */
export const MIN_STRIDE = 16;

/** The maximum number of evenly spaced checkpoints per document. A state takes half a megabyte, and in a long text as much again in notes. */
const EVEN = 4;

/** An interrupted reading loses at most this much work, in milliseconds. */
export const INTERIM_INTERVAL = 10_000;

/** Whether a text reads in about a second, so that a state of it is not worth its room. */
export function isShort(blocks: number): boolean {
  return blocks <= MIN_STRIDE;
}

/**
 * Whether the state after `block` complete blocks is kept permanently: the last one, some before it, each about twice as far from the end as the next
 * (texts are mostly written at their end), and up to four evenly spaced. All but the last stand at multiples of powers of two, so that a growing
 * document keeps its old ones.
 */
export function isCheckpoint(block: number, blocks: number): boolean {
  if (block === blocks) return block > 0;
  if (block <= 0 || block > blocks) return false;
  let even = 2 * MIN_STRIDE;
  while (blocks / even > EVEN) even *= 2;
  if (block % even === 0) return true;
  for (let stride = MIN_STRIDE; stride < blocks; stride *= 2) {
    if (block === Math.floor((blocks - 1) / stride) * stride) return true;
  }
  return false;
}
