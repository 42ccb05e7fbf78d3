import { archiveNotes } from './archive';
import type { ModelGraph, RunOutput } from './graph';
import { blockRows, mergePool, type EvictedNote } from './notes';
import { roundRecurrent, roundRows } from './rounding';
import type { ModelState } from './state';

/**
 * Reads one block. Always a single run of the same shape, so that a state is a function of the text alone: bitwise the same
 * however the text arrived.
 * @param ids exactly `blockSize` tokens; a run of several blocks needs an {@link advance} that merges the pools block by block
 * @param onEmbedding receives the embedding of the tokens, which costs next to nothing extra
 * @returns the state after the block; `state` is unchanged
 */
export async function readBlock(
  graph: ModelGraph,
  state: ModelState,
  ids: Uint32Array,
  onEmbedding?: (embedding: Float32Array) => void,
): Promise<ModelState> {
  const { config } = graph;
  if (ids.length !== config.blockSize)
    throw new RangeError(`a block has ${config.blockSize} tokens, not ${ids.length}`);
  const out = await graph.run({ ids, ...state }, { state: true, embedding: onEmbedding !== undefined });
  onEmbedding?.(out.embedding);
  return advance(graph, state, ids, out);
}

/**
 * The state after a run over a complete block. Its numbers are rounded here, to one byte each with a scale per group, so that reading
 * continues from exactly the state that was stored in bytes.
 */
export function advance(graph: ModelGraph, state: ModelState, ids: Uint32Array, out: RunOutput): ModelState {
  const next = advanceExactly(graph, state, ids, out);
  roundRecurrent(graph.config, next);
  for (const rows of next.recent) roundRows(graph.config, rows, rows.count);
  return next;
}

/** As {@link advance}, without rounding: for comparison with results that are not rounded. */
export function advanceExactly(
  { config }: ModelGraph,
  state: ModelState,
  ids: Uint32Array,
  out: RunOutput,
): ModelState {
  const evicted = state.pools.map((): EvictedNote[] => []);
  const pools = state.pools.map((pool, i) => {
    const leaving = state.recent[i]!;
    if (leaving.count === 0) return pool;
    return mergePool(config, pool, leaving, 0, state.position - leaving.count, evicted[i]);
  });
  return {
    position: state.position + ids.length,
    conv: out.conv,
    ssm: out.ssm,
    shift: out.shift,
    pools,
    archives: state.archives.map((archive, i) => archiveNotes(config, archive, evicted[i]!)),
    recent: out.noteKey.map((key, i) => ({
      ...blockRows(config, ids, key, out.noteValue[i]!, out.noteScore[i]!),
      count: ids.length,
    })),
  };
}
