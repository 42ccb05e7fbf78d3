import type { Engine, ModelState } from '../../src/engine';
import { readBlocks, withoutNotes } from '../reading';

/** How well some tokens were predicted. */
export interface Sum {
  nats: number;
  tokens: number;
  bytes: number;
}

export const perplexityOf = ({ nats, tokens }: Sum): number => Math.exp(nats / tokens);

export const bitsPerByte = ({ nats, bytes }: Sum): number => nats / bytes / Math.LN2;

export function total(sums: readonly Sum[]): Sum {
  const all = { nats: 0, tokens: 0, bytes: 0 };
  for (const { nats, tokens, bytes } of sums) {
    all.nats += nats;
    all.tokens += tokens;
    all.bytes += bytes;
  }
  return all;
}

/**
 * How well each complete block is predicted from everything before it. The first token of a block does not count, so that an arm
 * that changes the state between two blocks is measured on the same tokens as one that does not.
 *
 * @param notes false = the pools are emptied before each block
 * @param state at a block boundary, followed by `ids`
 * @returns one sum per block
 */
export async function measureBlocks(
  engine: Engine,
  state: ModelState,
  ids: Uint32Array,
  { notes, signal }: { notes: boolean; signal?: AbortSignal | undefined },
): Promise<Sum[]> {
  const { blockSize } = engine.config;
  const sums: Sum[] = [];
  const options = signal ? { signal } : {};
  /** @param logs of the tokens after the first one of the block at `start` */
  const count = (start: number, logs: Float64Array): void => {
    let [nats, bytes] = [0, 0];
    for (const [i, log] of logs.entries()) {
      nats -= log;
      bytes += engine.tokenizer.tokenBytes(ids[start + i + 1]!).length;
    }
    sums.push({ nats, tokens: logs.length, bytes });
  };
  const blocks = Math.floor(ids.length / blockSize);
  if (notes) {
    const logs = await engine.logProbs(state, ids.subarray(0, blocks * blockSize), options);
    for (let at = 0; at < blocks * blockSize; at += blockSize) count(at, logs.subarray(at, at + blockSize - 1));
    return sums;
  }
  for (let at = 0; at < blocks * blockSize; at += blockSize) {
    const block = ids.subarray(at, at + blockSize);
    const before = withoutNotes(engine, state);
    count(at, await engine.logProbs(before, block, options));
    state = (await readBlocks(engine, before, block, { signal })).state;
  }
  return sums;
}

/**
 * How well the last `target` tokens of a document are predicted after only the `context` tokens before them: the same tokens for
 * every context, so that only the length of what was read differs.
 */
export async function measureAfterContext(
  engine: Engine,
  document: { ids: Uint32Array; headerTokens: number },
  context: number,
  target: number,
  options: { notes: boolean; signal?: AbortSignal | undefined },
): Promise<Sum[]> {
  const end = document.ids.length;
  const header = document.ids.subarray(0, document.headerTokens);
  const text = document.ids.subarray(end - target - (context - header.length), end);
  const ids = Uint32Array.of(...header, ...text);
  const { state } = await readBlocks(engine, engine.initialState(), ids.subarray(0, context), options);
  return measureBlocks(engine, state, ids.subarray(context), options);
}
