import type { ModelConfig } from './config';

/** Attention bias of a slot that holds nothing: its weight becomes exactly zero. */
export const emptySlotBias = -1e4;

/**
 * Rows of a note layer that can be read by attention, in the layout of the graph (h heads of width e, S slots).
 * `bias` is log sigmoid of `scores`.
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
 * Notes of an archive, one after the other, in about a third of a pool's room: a byte per number, and a scale for the numbers of
 * each head. Several states share one set of rows; what is written stays, and a later state may see more of it.
 */
export interface ArchiveRows {
  /** Slots that are written. */
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
 * What one note layer keeps besides its pool: the best notes of those that lost their places there. Reading never looks at them, so it
 * costs the same however many there are; decoders do. Holds some more than `config.archiveSize` (see `bestSlots` in archive.ts).
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
 * Everything the model keeps of the text so far, between two blocks. Never changed once made: a later state shares the arrays
 * that did not change. Lists follow `config.layers`, those of notes `config.noteLayers`.
 */
export interface ModelState {
  /** Tokens read; a multiple of the block size. */
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

/** Rows with nothing in them. */
export function emptyRows(config: ModelConfig, slots: number): NoteRows {
  return {
    tokens: new Uint32Array(slots),
    scores: new Float32Array(slots),
    key: new Float32Array(config.noteWidth * slots),
    value: new Float32Array(config.noteWidth * slots),
    bias: new Float32Array(slots).fill(emptySlotBias),
  };
}

/** An archive's rows with nothing in them. */
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

/** Slots that the pool of a short text grows by, and up to which share of a whole pool. */
const SLOT_STEP = 512;
const SHORT_POOL_SHARE = 3 / 8;

/**
 * Slots of a pool with so many notes. Reading looks at every slot, also at empty ones, so a short text does not wait for the room that a
 * long one needs; from some 3,300 tokens on there is all of it, and every token takes the same time. Depends on nothing but the number of
 * notes: a state is then the same, bit for bit, however it came about.
 */
export function poolSlots({ poolSize, archiveSize }: ModelConfig, count: number): number {
  // Graphs without an archive may have a fixed number.
  if (archiveSize === 0) return poolSize;
  const slots = SLOT_STEP * Math.max(1, Math.ceil(count / SLOT_STEP));
  return slots <= SHORT_POOL_SHARE * poolSize ? slots : poolSize;
}

/** A pool without notes, with so many slots. */
export function emptySlots(config: ModelConfig, slots: number): NotePool {
  return { ...emptyRows(config, slots), count: 0, positions: new Uint32Array(slots) };
}

/** A pool without notes, with room for so many. */
export function emptyPool(config: ModelConfig, notes: number): NotePool {
  return emptySlots(config, poolSlots(config, notes));
}

/** A pool with more slots, the new ones empty; the same pool if it has so many. */
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
    // One element at a time beats a view when the pool takes a single note.
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
