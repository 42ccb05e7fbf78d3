import { readablePools, widened } from './archive';
import { AttentionMass, type AttendedToken } from './attention';
import type { ModelGraph } from './graph';
import { mergePool, writeRows } from './notes';
import type { ReadLog } from './reads';
import { copyRows, emptyRows, emptySlotBias, type ModelState, type NotePool, type NoteRows } from './state';

/** Where a decoder is. The arrays of conv, ssm, shift and pools are replaced, never written; those of `recent` are written in place. */
interface Place {
  position: number;
  conv: readonly Float32Array[];
  ssm: readonly Float32Array[];
  shift: readonly Float32Array[];
  /** With the notes of the archives behind those of the pools. */
  pools: readonly NotePool[];
  /** Slots 0..blockSize-1: the previous block; then the rows of the current block. */
  recent: readonly NoteRows[];
  /** Whether a fork reads the same rows: then they must be copied before the next write. */
  recentIsShared: boolean;
  hasPrevious: boolean;
  /** Tokens of the current block. */
  filled: number;
  logits: Float32Array | undefined;
}

/**
 * Continues a text token by token from a state. Between blocks the same notes enter the pool as in reading, but the numbers may
 * differ from reading in the last bits, so what a decoder computes is never kept as a state.
 */
export class Decoder {
  private constructor(
    private readonly graph: ModelGraph,
    private readonly at: Place,
    private readonly mass: AttentionMass,
  ) {}

  /** Starts behind `state` and `tail`, the tokens since then. Without any token there are no logits yet. */
  static async start(graph: ModelGraph, state: ModelState, tail: Uint32Array): Promise<Decoder> {
    const { config } = graph;
    const recent = state.recent.map((rows) => {
      const both = emptyRows(config, 2 * config.blockSize);
      copyRows(config, rows, 0, both, 0, rows.count);
      return both;
    });
    const decoder = new Decoder(
      graph,
      {
        position: state.position,
        conv: state.conv,
        ssm: state.ssm,
        shift: state.shift,
        pools: readablePools(config, state),
        recent,
        recentIsShared: false,
        hasPrevious: state.recent[0]!.count > 0,
        filled: 0,
        logits: undefined,
      },
      new AttentionMass(config),
    );
    await decoder.append(tail);
    return decoder;
  }

  /** Document position of the next token. */
  get position(): number {
    return this.at.position;
  }

  /** Whether any token has been run, so that there are logits. */
  get hasLogits(): boolean {
    return this.at.logits !== undefined;
  }

  /** Logits [vocabSize] of the token after the last one. @throws Error before the first token. */
  get logits(): Float32Array {
    if (this.at.logits === undefined) throw new Error('a decoder has logits only after its first token');
    return this.at.logits;
  }

  /** An independent decoder at the same place. Arrays are shared until one of the two goes on. */
  fork(): Decoder {
    this.at.recentIsShared = true;
    return new Decoder(this.graph, { ...this.at }, this.mass.clone());
  }

  /**
   * Reads tokens. With `attention`, what they look at is added to {@link attentionMass}; with `reads`, to that log.
   */
  async append(ids: Uint32Array, options: { attention?: boolean; reads?: ReadLog } = {}): Promise<void> {
    const { blockSize } = this.graph.config;
    for (let start = 0; start < ids.length;) {
      const end = Math.min(ids.length, start + blockSize - this.at.filled);
      await this.run(ids.subarray(start, end), end === ids.length, options.attention ?? false, options.reads);
      start = end;
    }
  }

  /** Note positions that were looked at since the start (fork: since the fork's start), the most looked at first. */
  attentionMass(): AttendedToken[] {
    return this.mass.list();
  }

  private async run(ids: Uint32Array, isLast: boolean, attention: boolean, reads?: ReadLog): Promise<void> {
    const { config } = this.graph;
    const { at } = this;
    const wanted = { state: true, logits: isLast, attention: attention || reads !== undefined };
    const out = await this.graph.run({ ids, ...at }, wanted);
    reads?.add(out, ids.length, at.pools, 2 * config.blockSize);
    if (attention) {
      const recentStart = at.position - at.filled - config.blockSize;
      this.mass.add(out, ids.length, at.pools, 2 * config.blockSize, recentStart, at.position);
    }
    this.unshareRecent();
    at.recent.forEach((rows, i) => {
      writeRows(config, rows, config.blockSize + at.filled, ids, out.noteKey[i]!, out.noteValue[i]!, out.noteScore[i]!);
    });
    at.conv = out.conv;
    at.ssm = out.ssm;
    at.shift = out.shift;
    if (isLast) at.logits = out.logits;
    at.position += ids.length;
    at.filled += ids.length;
    if (at.filled === config.blockSize) this.turnBlock();
  }

  /** A block is full: the previous one leaves the window, and the full one becomes the previous. */
  private turnBlock(): void {
    const { config } = this.graph;
    const { blockSize } = config;
    const { at } = this;
    if (at.hasPrevious) {
      at.pools = at.pools.map((pool, i) => this.merge(pool, at.recent[i]!, at.position - 2 * blockSize));
    }
    for (const rows of at.recent) {
      copyRows(config, rows, blockSize, rows, 0, blockSize);
      rows.bias.fill(emptySlotBias, blockSize);
    }
    at.hasPrevious = true;
    at.filled = 0;
  }

  /** Pool and archive compete as one: what loses its place in the pool has one in the archive, if it is good enough for that. */
  private merge(pool: NotePool, leaving: NoteRows, position: number): NotePool {
    const { config } = this.graph;
    const { poolSize, archiveSize, notesPerBlock } = config;
    const slots = Math.min(poolSize + archiveSize, Math.max(poolSize, pool.count + notesPerBlock));
    return mergePool({ ...config, poolSize: slots }, widened(config, pool, slots), leaving, 0, position);
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
