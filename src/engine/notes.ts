import type { ModelConfig } from './config';
import { copyRows, emptyRows, poolSlots, withSlots, type NotePool, type NoteRows } from './state';

/** A note that was evicted from a pool, or never entered one. */
export interface EvictedNote {
  readonly source: NoteRows;
  readonly slot: number;
  /** Document position of its token. */
  readonly position: number;
}

/** log(1 / (1 + exp(-x))) without overflow. */
export function logSigmoid(x: number): number {
  return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
}

// The score of a row counts only once the row is a note: all recent rows are readable, so nothing needs choosing among them,
// and a bias there would teach the scorer what is useful nearby instead of what is worth keeping
// (models/training/EXPERIMENTS.md).
const recentBias = 0;

/**
 * The rows of a block that are candidates for the pool.
 * @param scores raw scores of the block's tokens
 * @returns indices of the `count` best scores, ascending; ties go to the earlier token
 */
export function selectCandidates(scores: Float32Array, count: number): number[] {
  return Array.from(scores.keys())
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/**
 * The pool after a block has left the recent window: its candidates join, and the best `config.poolSize` of all stay (ties go to the
 * earlier token), those of the last `config.protectedBlocks` blocks first: text shortly before matters for what follows, even if it is not
 * worth keeping for long. Survivors keep their slots and new notes take free ones, so most of the arrays are copied unread.
 * @param rows holds the leaving block in slots first..first + config.blockSize
 * @param position document position of the block's first token
 * @param evicted called for every note that is evicted, and for rejected candidates
 * @returns a new pool, or `pool` itself when no candidate is good enough
 */
export function mergePool(
  config: ModelConfig,
  pool: NotePool,
  rows: NoteRows,
  first: number,
  position: number,
  evicted?: EvictedNote[],
): NotePool {
  const chosen = selectCandidates(rows.scores.subarray(first, first + config.blockSize), config.notesPerBlock);
  const free = Array.from({ length: Math.min(chosen.length, config.poolSize - pool.count) }, (_, i) => pool.count + i);
  const { winners, losers, refused } = contest(config, pool, chosen, rows.scores.subarray(first), position);
  evicted?.push(
    ...losers.map((slot) => ({ source: pool, slot, position: pool.positions[slot]! })),
    ...refused.map((row) => ({ source: rows, slot: first + row, position: position + row })),
  );
  if (winners.length === 0) return pool;

  const count = Math.min(config.poolSize, pool.count + chosen.length);
  const room = withSlots(config, pool, poolSlots(config, count));
  const next = { ...(room === pool ? copied(pool) : room), count };
  const slots = [...losers, ...free];
  winners.forEach((row, i) => {
    copyRows(config, rows, first + row, next, slots[i]!, 1);
    next.positions[slots[i]!] = position + row;
    next.bias[slots[i]!] = logSigmoid(rows.scores[first + row]!);
  });
  return next;
}

function copied({ count, positions, tokens, scores, key, value, bias }: NotePool): NotePool {
  return {
    count,
    positions: positions.slice(),
    tokens: tokens.slice(),
    scores: scores.slice(),
    key: key.slice(),
    value: value.slice(),
    bias: bias.slice(),
  };
}

/** Which candidates enter the pool, the slots they take, and the candidates that are rejected; all ascending. */
function contest(
  { poolSize, protectedBlocks, blockSize }: ModelConfig,
  pool: NotePool,
  chosen: readonly number[],
  scores: Float32Array,
  position: number,
): { winners: number[]; losers: number[]; refused: number[] } {
  // An entry is a slot number, or poolSize + row for a candidate. All pool positions come before those of the
  // candidates.
  const entries = [...Array(pool.count).keys(), ...chosen.map((row) => poolSize + row)];
  const score = (entry: number): number => (entry < poolSize ? pool.scores[entry]! : scores[entry - poolSize]!);
  const place = (entry: number): number => (entry < poolSize ? pool.positions[entry]! : position + entry - poolSize);
  const protectedFrom = position + (1 - protectedBlocks) * blockSize;
  const young = (entry: number): number => Number(place(entry) >= protectedFrom);
  const order = (a: number, b: number): number => young(b) - young(a) || score(b) - score(a) || place(a) - place(b);
  const dropped = last(entries, Math.max(0, entries.length - poolSize), order);
  const ascending = (a: number, b: number): number => a - b;
  const isDropped = (row: number): boolean => dropped.includes(poolSize + row);
  return {
    winners: chosen.filter((row) => !isDropped(row)),
    losers: dropped.filter((entry) => entry < poolSize).sort(ascending),
    refused: chosen.filter(isDropped),
  };
}

/** The `count` entries that would come last in the order, without sorting the others. */
function last(entries: readonly number[], count: number, order: (a: number, b: number) => number): readonly number[] {
  const kept: number[] = []; // in order
  for (const entry of entries) {
    if (kept.length === count && (count === 0 || order(entry, kept[0]!) < 0)) continue;
    const at = kept.findIndex((other) => order(entry, other) < 0);
    kept.splice(at < 0 ? kept.length : at, 0, entry);
    if (kept.length > count) kept.shift();
  }
  return kept;
}

/**
 * Writes a run's results for its tokens into rows, from slot `at` on.
 * @param ids tokens of the run (T)
 * @param key [T, noteWidth] @param value [T, noteWidth] @param score [T]
 */
export function writeRows(
  config: ModelConfig,
  target: NoteRows,
  at: number,
  ids: Uint32Array,
  key: Float32Array,
  value: Float32Array,
  score: Float32Array,
): void {
  const { noteWidth: width, noteHeads, noteHeadDim: e } = config;
  const slots = target.bias.length;
  const count = ids.length;
  for (let row = 0; row < width; row++) {
    const start = row * slots + at;
    for (let t = 0; t < count; t++) target.key[start + t] = key[t * width + row]!;
  }
  for (let t = 0; t < count; t++) {
    for (let head = 0; head < noteHeads; head++) {
      const from = t * width + head * e;
      target.value.set(value.subarray(from, from + e), (head * slots + at + t) * e);
    }
    target.scores[at + t] = score[t]!;
    target.bias[at + t] = recentBias;
  }
  target.tokens.set(ids, at);
}

/** Rows from one run over a complete block. */
export function blockRows(
  config: ModelConfig,
  ids: Uint32Array,
  key: Float32Array,
  value: Float32Array,
  score: Float32Array,
): NoteRows {
  const rows = emptyRows(config, ids.length);
  writeRows(config, rows, 0, ids, key, value, score);
  return rows;
}
