/** Blocks between checkpoints of a short document: 16 blocks of 128 tokens are 2048 tokens, about a second of reading. */
export const MIN_STRIDE = 16;

/**
 * The maximum number of evenly spaced checkpoints per document. A state of a long file takes up to 19 MB, so such a file costs 250 to 450
 * MB of disk.
 */
const MAX_CHECKPOINTS = 24;

/** An interrupted reading loses at most this much work, in milliseconds. */
export const INTERIM_INTERVAL = 10_000;

/**
 * Blocks between the checkpoints of a document: a power of two, so that a growing document keeps half of its old checkpoints
 * instead of none.
 */
export function checkpointStride(blocks: number): number {
  let stride = MIN_STRIDE;
  while (blocks / stride > MAX_CHECKPOINTS) stride *= 2;
  return stride;
}

/** Whether the state after `block` complete blocks is kept permanently: at every stride, and at the end. */
export function isCheckpoint(block: number, blocks: number): boolean {
  return block > 0 && (block === blocks || block % checkpointStride(blocks) === 0);
}
