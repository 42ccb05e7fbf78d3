import { yieldToEvents } from '../common';
import type { Golden, GoldenLogits } from './golden';
import type { ModelGraph } from './graph';
import { advanceExactly } from './readBlock';
import { initialState } from './state';

/** How far a graph on a provider deviates from PyTorch. */
export interface SelfTest {
  readonly ok: boolean;
  /** Largest error of a logit, relative to the largest logit of its position. */
  readonly error: number;
  /** Why it is not ok. */
  readonly reason?: string;
}

/**
 * Reads the golden text like a user's text (run by run, the rest in one) and compares logits.
 * @param expected the golden vectors for the graph's arithmetic
 * @param slowest maximum milliseconds per block (eight times as long for the first one, which compiles); default: no
 * limit
 */
export async function selfTest(
  graph: ModelGraph,
  golden: Golden,
  expected: GoldenLogits,
  slowest = Infinity,
): Promise<SelfTest> {
  const { config } = graph;
  let state = initialState(config);
  let error = 0;
  let row = 0;
  for (let start = 0; start < golden.ids.length; start += config.runTokens) {
    const ids = golden.ids.subarray(start, start + config.runTokens);
    const here = golden.positions.filter((p) => p >= start && p < start + ids.length).map((p) => p - start);
    const begin = performance.now();
    const out = await graph.run(
      { ids, ...state, logitPositions: here.length > 0 ? here : [0] },
      { state: true, logits: true },
    );
    const took = performance.now() - begin;
    for (let k = 0; k < here.length; k++, row++) {
      golden.vocabSample.forEach((id, i) => {
        const difference = Math.abs(out.logits[k * config.vocabSize + id]! - expected.logits[row]![i]!);
        const relative = difference / expected.maxAbs[row]!;
        error = Number.isNaN(relative) ? Infinity : Math.max(error, relative);
      });
    }
    if (error > expected.tolerance) break;
    if (took > (start === 0 ? 8 * slowest : slowest)) {
      return {
        ok: false,
        error,
        reason: `stopped: ${(took / 1000).toFixed(1)} s for ${ids.length} tokens is too slow`,
      };
    }
    if (ids.length % config.stateGrid === 0) state = advanceExactly(graph, state, ids, out);
    await yieldToEvents();
  }
  if (error <= expected.tolerance) return { ok: true, error };
  const allowed = expected.tolerance.toExponential(1);
  return { ok: false, error, reason: `failed (error ${error.toExponential(1)}, allowed ${allowed})` };
}

/** Reading speed in tokens per second: the best of a few blocks after a warm-up (the first runs compile and pack). */
export async function measurePrefill(graph: ModelGraph, golden: Golden): Promise<number> {
  const { runTokens } = graph.config;
  return (runTokens / (await bestRun(graph, golden.ids.slice(0, runTokens), false))) * 1000;
}

/** Milliseconds per written token, the best of a few. */
export function measureDecode(graph: ModelGraph, golden: Golden): Promise<number> {
  return bestRun(graph, golden.ids.slice(0, 1), true);
}

async function bestRun(graph: ModelGraph, ids: Uint32Array, logits: boolean): Promise<number> {
  const input = { ids, ...initialState(graph.config) };
  let best = Infinity;
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    await graph.run(input, { state: true, logits });
    if (round > 0) best = Math.min(best, performance.now() - start);
    await yieldToEvents();
  }
  return best;
}
