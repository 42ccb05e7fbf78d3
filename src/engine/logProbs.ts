import { yieldToEvents } from '../common';
import type { ModelGraph } from './graph';
import { advance } from './readBlock';
import type { ModelState } from './state';

/** log sum exp of one row of logits, in double precision. */
export function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (const logit of logits) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}

/**
 * How well a text is predicted.
 * @param state at a block boundary, followed by `ids`
 * @returns natural log p(ids[t] | everything before) for t = 1 .. ids.length - 1, at index t - 1
 * @throws signal.reason between blocks after an abort
 */
export async function logProbs(
  graph: ModelGraph,
  state: ModelState,
  ids: Uint32Array,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { runTokens, stateGrid, vocabSize } = graph.config;
  const result = new Float64Array(Math.max(0, ids.length - 1));
  for (let start = 0; start < ids.length; start += runTokens) {
    signal?.throwIfAborted();
    const run = ids.subarray(start, start + runTokens);
    const logitPositions = Array.from(run.keys());
    const out = await graph.run({ ids: run, ...state, logitPositions }, { state: true, logits: true });
    for (let t = 0; t < run.length && start + t + 1 < ids.length; t++) {
      const row = out.logits.subarray(t * vocabSize, (t + 1) * vocabSize);
      result[start + t] = row[ids[start + t + 1]!]! - logSumExp(row);
    }
    if (run.length % stateGrid === 0) state = advance(graph, state, run, out);
    await yieldToEvents();
  }
  return result;
}
