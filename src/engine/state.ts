import type { ModelConfig } from './config';

/** Attention bias of an empty slot: its weight becomes exactly zero. */
export const emptySlotBias = -1e4;

/**
 * Rows of a note layer that attention can read, in the layout of the graph (h heads of width e, S slots). `bias` is log
 * sigmoid of `scores`.
 */
export interface NoteRows {
  /** Tokens of the slots. */
  readonly tokens: Uint32Array;
  /** Raw scores: the higher, the longer the note is kept. */
  readonly scores: Float32Array;
  /** [h, e, S] */
  readonly key: Float32Array;
  /** [h, S, e] */
  readonly value: Float32Array;
  /** [S], {@link emptySlotBias} where a slot is unused. */
  readonly bias: Float32Array;
}

/** The long-term memory of one note layer: slots 0..count-1 hold notes, in no particular order. */
export interface NotePool extends NoteRows {
  count: number;
  /** Position of each note's token in the document. */
  readonly positions: Uint32Array;
}

/**
 * Notes of an archive, contiguous, at about a third of the size they have in a pool: one byte per number, and a scale per head.
 * Several states share one set of rows; written rows never change, and a later state may see more of them.
 */
export interface ArchiveRows {
  /** Number of slots written. */
  used: number;
  readonly positions: Uint32Array;
  readonly tokens: Uint32Array;
  readonly scores: Float32Array;
  /** [slots, noteWidth] */
  readonly key: Int8Array;
  /** [slots, noteHeads]: a number is its byte times this. */
  readonly keyScale: Float32Array;
  /** [slots, noteWidth] */
  readonly value: Int8Array;
  /** [slots, noteHeads] */
  readonly valueScale: Float32Array;
}

/**
 * What one note layer keeps besides its pool: the best of the evicted notes. Reading never attends to them, so it costs the same
 * however many there are; decoders do. Holds slightly more than `config.archiveSize` (see `bestSlots` in archive.ts).
 */
export interface Archive {
  /** Slots 0..count-1 of the rows belong to it. */
  readonly count: number;
  readonly rows: ArchiveRows;
}

/** All rows of the previous block, readable until the next block has been read. Row i is the token at position - count + i. */
export interface RecentRows extends NoteRows {
  /** 0 at the start of a document, otherwise the block size. */
  count: number;
}

/**
 * Everything the model keeps of the text so far, at a block boundary. Immutable: a later state shares the arrays that did not
 * change. Lists follow `config.layers`, those of notes `config.noteLayers`.
 */
export interface ModelState {
  /** Number of tokens read; a multiple of the block size. */
  position: number;
  /** Per layer [convKernel - 1, convChannels]. */
  readonly conv: readonly Float32Array[];
  /** Per layer [headCount, stateSize, headDim]. */
  readonly ssm: readonly Float32Array[];
  /** Per note layer [noteWidth]: key projection of the last token. */
  readonly shift: readonly Float32Array[];
  readonly pools: readonly NotePool[];
  /** Read by decoders only. */
  readonly archives: readonly Archive[];
  readonly recent: readonly RecentRows[];
}

/** Empty rows. */
export function emptyRows(config: ModelConfig, slots: number): NoteRows {
  return {
    tokens: new Uint32Array(slots),
    scores: new Float32Array(slots),
    key: new Float32Array(config.noteWidth * slots),
    value: new Float32Array(config.noteWidth * slots),
    bias: new Float32Array(slots).fill(emptySlotBias),
  };
}

/** Empty rows of an archive. */
export function emptyArchiveRows({ noteWidth, noteHeads }: ModelConfig, slots: number): ArchiveRows {
  return {
    used: 0,
    positions: new Uint32Array(slots),
    tokens: new Uint32Array(slots),
    scores: new Float32Array(slots),
    key: new Int8Array(slots * noteWidth),
    keyScale: new Float32Array(slots * noteHeads),
    value: new Int8Array(slots * noteWidth),
    valueScale: new Float32Array(slots * noteHeads),
  };
}

/** The pool of a short text grows by this many slots, up to the share below of a full pool. */
const SLOT_STEP = 512;
const SHORT_POOL_SHARE = 3 / 8;

/**
 * Slots of a pool with this many notes. Reading attends to every slot, even empty ones, so a short text should not pay for the size that
 * a long one needs; from some 3,300 tokens on the pool has its full size, and every token takes the same time. Depends only on the number
 * of notes, so a state is the same, bit for bit, however it was reached.
 */
export function poolSlots({ poolSize, archiveSize }: ModelConfig, count: number): number {
  // Graphs without an archive may have a fixed number.
  if (archiveSize === 0) return poolSize;
  const slots = SLOT_STEP * Math.max(1, Math.ceil(count / SLOT_STEP));
  return slots <= SHORT_POOL_SHARE * poolSize ? slots : poolSize;
}

/** An empty pool with this many slots. */
export function emptySlots(config: ModelConfig, slots: number): NotePool {
  return { ...emptyRows(config, slots), count: 0, positions: new Uint32Array(slots) };
}

/** An empty pool with room for this many notes. */
export function emptyPool(config: ModelConfig, notes: number): NotePool {
  return emptySlots(config, poolSlots(config, notes));
}

/** A pool with this many slots, the new ones empty; the same pool if it has as many. */
export function withSlots(config: ModelConfig, pool: NotePool, slots: number): NotePool {
  const own = pool.bias.length;
  if (slots <= own) return pool;
  const grown: NotePool = { ...emptySlots(config, slots), count: pool.count };
  copyRows(config, pool, 0, grown, 0, own);
  grown.positions.set(pool.positions);
  return grown;
}

/** The state before the first token of a document. */
export function initialState(config: ModelConfig): ModelState {
  const perLayer = (size: number): Float32Array[] =>
    Array.from({ length: config.layers }, () => new Float32Array(size));
  const perNoteLayer = <T>(make: () => T): T[] => config.noteLayers.map(make);
  return {
    position: 0,
    conv: perLayer((config.convKernel - 1) * config.convChannels),
    ssm: perLayer(config.headCount * config.stateSize * config.headDim),
    shift: perNoteLayer(() => new Float32Array(config.noteWidth)),
    pools: perNoteLayer(() => emptyPool(config, 0)),
    archives: perNoteLayer(() => ({ count: 0, rows: emptyArchiveRows(config, 0) })),
    recent: perNoteLayer(() => ({ ...emptyRows(config, config.blockSize), count: 0 })),
  };
}

/**
 * Copies slots `from`..`from + count` of rows to slot `to` of others (the two may have different numbers of slots).
 * Within one set of rows the two ranges must not overlap.
 */
export function copyRows(
  config: ModelConfig,
  source: NoteRows,
  from: number,
  target: NoteRows,
  to: number,
  count: number,
): void {
  const sourceSlots = source.bias.length;
  const targetSlots = target.bias.length;
  const e = config.noteHeadDim;
  for (let row = 0; row < config.noteWidth; row++) {
    const s = row * sourceSlots + from;
    const t = row * targetSlots + to;
    // A loop beats a view when the pool takes a single note.
    if (count < 8) for (let i = 0; i < count; i++) target.key[t + i] = source.key[s + i]!;
    else target.key.set(source.key.subarray(s, s + count), t);
  }
  for (let head = 0; head < config.noteHeads; head++) {
    const s = (head * sourceSlots + from) * e;
    target.value.set(source.value.subarray(s, s + count * e), (head * targetSlots + to) * e);
  }
  target.tokens.set(source.tokens.subarray(from, from + count), to);
  target.scores.set(source.scores.subarray(from, from + count), to);
  target.bias.set(source.bias.subarray(from, from + count), to);
}
