import { readablePools } from './archive';
import type { AttentionMass } from './attention';
import type { AppendOptions, Decoder } from './decoder';
import type { ModelGraph } from './graph';
import { logSumExp } from './logProbs';
import { selectPools, attendedNotes, type SelectableNotes } from './noteSelection';
import { mergePool, writeRows } from './notes';
import type { ReadLog } from './reads';
import { roundRecurrent, roundRows } from './rounding';
import { copyRows, emptyRows, emptySlotBias, withSlots, type ModelState, type NotePool, type NoteRows } from './state';

/**
 * The decoder's position. The arrays of conv, ssm, shift and pools are replaced, never written; those of `recent` are written in place.
 */
interface DecoderState {
  position: number;
  conv: readonly Float32Array[];
  ssm: readonly Float32Array[];
  shift: readonly Float32Array[];
  /** What is read: the pools, followed by the archived notes selected by the last prompt; after a focused prompt, less. */
  pools: readonly NotePool[];
  /** Whether a prompt selected what is read. */
  isChosen: boolean;
  /** Undefined while nothing is archived and no prompt was focused. */
  selectable: SelectableNotes | undefined;
  /** Slots 0..blockSize-1: the previous block; then the rows of the current block. */
  recent: readonly NoteRows[];
  /** Whether a fork reads the same rows: then they are copied before the next write. */
  recentIsShared: boolean;
  hasPrevious: boolean;
  /** Tokens of the current block. */
  filled: number;
  logits: Float32Array | undefined;
}

/**
 * Continues a text token by token from a state. Between blocks, the same notes enter the pool as in reading, but numbers may
 * differ from reading in the last bits, so a decoder's results are never kept as a state.
 */
export class ModelDecoder implements Decoder {
  private constructor(
    private readonly graph: ModelGraph,
    private readonly at: DecoderState,
  ) {}

  /** Starts after `state` and `tail`, the tokens since then. Without tokens there are no logits yet. */
  static async start(graph: ModelGraph, state: ModelState, tail: Uint32Array): Promise<ModelDecoder> {
    const { config } = graph;
    const recent = state.recent.map((rows) => {
      const both = emptyRows(config, 2 * config.blockSize);
      copyRows(config, rows, 0, both, 0, rows.count);
      return both;
    });
    const isArchived = state.archives.some(({ count }) => count > 0);
    const selectable = isArchived
      ? { all: readablePools(config, state), from: state.position - state.recent[0]!.count }
      : undefined;
    const decoder = new ModelDecoder(graph, {
      position: state.position,
      conv: state.conv,
      ssm: state.ssm,
      shift: state.shift,
      pools: state.pools,
      isChosen: false,
      selectable,
      recent,
      recentIsShared: false,
      hasPrevious: state.recent[0]!.count > 0,
      filled: 0,
      logits: undefined,
    });
    // The tail is read like any text, without archives.
    await decoder.append(tail, { selectsNotes: false });
    return decoder;
  }

  get position(): number {
    return this.at.position;
  }

  get hasLogits(): boolean {
    return this.at.logits !== undefined;
  }

  get logits(): Float32Array {
    if (this.at.logits === undefined) throw new Error('a decoder has logits only after its first token');
    return this.at.logits;
  }

  fork(): ModelDecoder {
    this.at.recentIsShared = true;
    return new ModelDecoder(this.graph, { ...this.at });
  }

  async append(ids: Uint32Array, options: AppendOptions = {}): Promise<void> {
    const { attention, reads, selectsNotes = true, focused = false, heldBack = new Uint32Array(0) } = options;
    const { blockSize } = this.graph.config;
    let isSelected = heldBack.length === 0 || !selectsNotes;
    for (let start = 0; start < ids.length;) {
      const room = blockSize - this.at.filled;
      const end = Math.min(ids.length, start + room);
      const some = ids.subarray(start, end);
      const withHeldBack = end === ids.length && !isSelected && some.length + heldBack.length <= room;
      const prompt = withHeldBack ? Uint32Array.of(...some, ...heldBack) : some;
      if (selectsNotes && prompt.length > 1) await this.selectNotes(prompt, focused);
      isSelected ||= withHeldBack;
      await this.run(some, end === ids.length ? 'last' : 'none', attention, reads);
      start = end;
    }
    // If it starts a block, select without the preceding tokens, which have been read by now.
    if (!isSelected) await this.selectNotes(heldBack.subarray(0, blockSize - this.at.filled), focused);
  }

  async predict(ids: Uint32Array): Promise<Float64Array> {
    const { vocabSize, blockSize } = this.graph.config;
    const result = new Float64Array(ids.length);
    if (ids.length === 0) return result;
    const ahead = this.fork();
    const record = (t: number, row: Float32Array): void => {
      result[t] = row[ids[t]!]! - logSumExp(row);
    };
    record(0, this.logits);
    // Nothing follows the last one.
    for (let start = 0; start < ids.length - 1;) {
      const end = Math.min(ids.length - 1, start + blockSize - ahead.at.filled);
      const logits = await ahead.run(ids.subarray(start, end), 'all');
      for (let t = start; t < end; t++) {
        const row = t - start;
        record(t + 1, logits.subarray(row * vocabSize, (row + 1) * vocabSize));
      }
      start = end;
    }
    return result;
  }

  /** Selects the notes a prompt needs, by a run over it with all of them. Its state is dropped. */
  private async selectNotes(ids: Uint32Array, focused: boolean): Promise<void> {
    const { at } = this;
    if (focused) at.selectable ??= { all: at.pools, from: at.position };
    if (at.selectable === undefined) return;
    const { config } = this.graph;
    const { all } = at.selectable;
    const out = await this.graph.run({ ids, ...at, pools: all }, { attention: true });
    const attended = attendedNotes(config, out, ids.length, all, 2 * config.blockSize, at.position);
    at.pools = selectPools(config, at.selectable, attended, focused);
    at.isChosen = true;
  }

  /** @param logits tokens whose logits are returned, [K, vocabSize]; those of the last token are kept */
  private async run(
    ids: Uint32Array,
    logits: 'none' | 'last' | 'all',
    attention?: AttentionMass,
    reads?: ReadLog,
  ): Promise<Float32Array> {
    const { config } = this.graph;
    const { at } = this;
    const wanted = { state: true, logits: logits !== 'none', attention: (attention ?? reads) !== undefined };
    const positions = logits === 'all' ? { logitPositions: Array.from(ids.keys()) } : {};
    const out = await this.graph.run({ ids, ...at, ...positions }, wanted);
    reads?.add(out, ids.length, at.pools, 2 * config.blockSize);
    const recentStart = at.position - at.filled - config.blockSize;
    attention?.add(out, ids.length, at.pools, 2 * config.blockSize, recentStart, at.position);
    this.unshareRecent();
    at.recent.forEach((rows, i) => {
      writeRows(config, rows, config.blockSize + at.filled, ids, out.noteKey[i]!, out.noteValue[i]!, out.noteScore[i]!);
    });
    at.conv = out.conv;
    at.ssm = out.ssm;
    at.shift = out.shift;
    if (logits !== 'none') at.logits = out.logits.subarray(-config.vocabSize);
    at.position += ids.length;
    at.filled += ids.length;
    if (at.filled === config.blockSize) this.finishBlock();
    return out.logits;
  }

  /** A block is full: the previous one leaves the window, and the full one becomes the previous. */
  private finishBlock(): void {
    const { config } = this.graph;
    const { blockSize } = config;
    const { at } = this;
    if (at.hasPrevious) {
      const { poolSize, archiveSize, notesPerBlock } = config;
      const merged = (pools: readonly NotePool[], slots: number): NotePool[] =>
        pools.map((pool, i) => this.merge(pool, slots, at.recent[i]!, at.position - 2 * blockSize));
      const slots = at.pools[0]!.bias.length;
      // Selected notes are never displaced by what is written now.
      at.pools = merged(at.pools, at.isChosen ? slots + notesPerBlock : poolSize);
      if (at.selectable !== undefined) {
        const all = merged(
          at.selectable.all,
          Math.min(poolSize + archiveSize, at.selectable.all[0]!.count + notesPerBlock),
        );
        at.selectable = { ...at.selectable, all };
      }
    }
    for (const rows of at.recent) {
      copyRows(config, rows, blockSize, rows, 0, blockSize);
      rows.bias.fill(emptySlotBias, blockSize);
      roundRows(config, rows, blockSize);
    }
    // As after a block that was read; forks may share the arrays.
    at.conv = at.conv.map((data) => data.slice());
    at.ssm = at.ssm.map((data) => data.slice());
    at.shift = at.shift.map((data) => data.slice());
    roundRecurrent(config, at);
    at.hasPrevious = true;
    at.filled = 0;
  }

  /** Pool and archive compete as one: a note evicted from the pool moves to the archive if it is good enough. */
  private merge(pool: NotePool, slots: number, leaving: NoteRows, position: number): NotePool {
    const { config } = this.graph;
    // A pool makes its own room; with selected notes, all layers need the same.
    const room = slots === config.poolSize ? pool : withSlots(config, pool, slots);
    return mergePool({ ...config, poolSize: slots }, room, leaving, 0, position);
  }

  private unshareRecent(): void {
    if (!this.at.recentIsShared) return;
    this.at.recent = this.at.recent.map((rows) => ({
      tokens: rows.tokens.slice(),
      scores: rows.scores.slice(),
      key: rows.key.slice(),
      value: rows.value.slice(),
      bias: rows.bias.slice(),
    }));
    this.at.recentIsShared = false;
  }
}
