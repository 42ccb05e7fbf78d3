import { MatchCollector, type NgramMatch } from './matchCollector';
import { maxMatchLength } from './tokenIndex';

/**
 * Run lengths by which positions are indexed: long runs are tried first, since a short one is everywhere. Ascending.
 */
const RUNS = [2, 5] as const;

/** Minimum match length; shorter matches across files say nothing. */
export const minOtherFileMatch = RUNS[0];

/** Maximum number of positions to check for each of {@link RUNS}, those of the latest files first. */
const MAX_PLACES = 400;

/** Separates two files, and replaces tokens of removed files. No token has this id. */
const GAP = 0xffff;

/** Bits of a run's hash. */
const HASH_BITS = 17;

/** Initial capacity in tokens, and the number of tokens of removed files that is tolerated. */
const FIRST_ROOM = 1 << 16;

/** Bytes per token: itself, and the next position for each of {@link RUNS}. */
export const bytesPerToken = 2 + 4 * RUNS.length;

/** The tokens of all files but one. */
export interface OtherFilesIndex {
  /** What followed matches of {@link minOtherFileMatch} tokens or more. In no particular order. @param last the text's last tokens */
  matches(last: ArrayLike<number>): NgramMatch[];
}

/** Range of a file's tokens; `end` is exclusive. */
interface Segment {
  start: number;
  end: number;
}

/**
 * Every position of many files by a hash of the tokens before it. Files are added as they are read and removed one by one; tokens of
 * removed files are blanked, and cleared away when they outnumber the others. The oldest files make room for new ones.
 */
export class WorkspaceIndex {
  /** In the order in which they were added; ascending by `start`. */
  private readonly segments = new Map<string, Segment>();
  private all = new Uint16Array(0);
  /** For each of {@link RUNS}: the latest position after a run, by hash; -1 = none. */
  private heads: Int32Array[] = [];
  /** For each of {@link RUNS}: by position, the previous one after a run with the same hash. */
  private next: Int32Array[] = [];
  private used = 0;
  /** Tokens of files that are present, including one gap per file. */
  private live = 0;

  /**
   * @param vocabSize more than any token's id
   * @param limit maximum number of tokens of all files together; may change
   * @throws RangeError for a vocabulary that does not fit into 16 bits
   */
  constructor(
    vocabSize: number,
    private limit: number,
  ) {
    if (vocabSize > GAP) throw new RangeError(`${vocabSize} tokens are too many for an index with 16 bits each`);
  }

  get files(): number {
    return this.segments.size;
  }

  has(key: string): boolean {
    return this.segments.has(key);
  }

  get bytes(): number {
    return [this.all, ...this.heads, ...this.next].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** @param limit in tokens; 0 empties the index */
  setLimit(limit: number): void {
    this.limit = limit;
    if (this.live <= limit) return;
    this.makeRoom(0);
    this.rebuild(this.live);
  }

  /** Adds or replaces a file, which becomes the latest. One too large for the whole index is left out. */
  set(key: string, tokens: Uint32Array): void {
    this.delete(key);
    const room = tokens.length + 1;
    if (tokens.length === 0 || room > this.limit) return;
    this.makeRoom(room);
    if (this.used + room > this.all.length) this.rebuild(Math.max(FIRST_ROOM, this.live + room));
    this.append(key, tokens);
  }

  delete(key: string): void {
    const segment = this.segments.get(key);
    if (segment === undefined) return;
    this.segments.delete(key);
    this.live -= segment.end - segment.start + 1;
    this.all.fill(GAP, segment.start, segment.end);
    if (this.used - this.live > Math.max(this.live, FIRST_ROOM)) this.rebuild(this.live);
  }

  /** All files except this one, including later changes. */
  excluding(key: string): OtherFilesIndex {
    return { matches: (last) => this.matches(last, this.segments.get(key)) };
  }

  private matches(last: ArrayLike<number>, own: Segment | undefined): NgramMatch[] {
    const collector = new MatchCollector();
    for (let run = RUNS.length - 1; run >= 0; run--) {
      if (last.length < RUNS[run]! || this.used === 0) continue;
      // Positions after longer runs have been checked already.
      const most = RUNS[run + 1] ?? Infinity;
      let at = this.heads[run]![hashOf(last, last.length, RUNS[run]!)]!;
      for (let places = 0; at >= 0 && places < MAX_PLACES; at = this.next[run]![at]!, places++) {
        const id = this.all[at]!;
        if (id === GAP || (own !== undefined && at >= own.start && at < own.end)) continue;
        const length = this.matchLength(at, last);
        if (length < RUNS[run]! || length >= most) continue;
        collector.add(id, length);
      }
    }
    return collector.list();
  }

  /** How many tokens before a position equal the last ones. */
  private matchLength(at: number, last: ArrayLike<number>): number {
    const { all } = this;
    const most = Math.min(maxMatchLength, last.length, at);
    let length = 0;
    while (length < most && all[at - 1 - length] === last[last.length - 1 - length]) length++;
    return length;
  }

  private append(key: string, tokens: ArrayLike<number>): void {
    const start = this.used;
    const end = start + tokens.length;
    this.all.set(tokens, start);
    this.all[end] = GAP;
    this.used = end + 1;
    this.live += tokens.length + 1;
    this.segments.set(key, { start, end });
    RUNS.forEach((length, run) => {
      const [heads, next] = [this.heads[run]!, this.next[run]!];
      for (let at = start + length; at < end; at++) {
        const hash = hashOf(this.all, at, length);
        next[at] = heads[hash]!;
        heads[hash] = at;
      }
    });
  }

  /**
   * Removes the oldest files until there is room for a new one, and some to spare: otherwise each new file would cost a
   * rebuild.
   */
  private makeRoom(room: number): void {
    if (this.live + room <= this.limit) return;
    for (const key of this.segments.keys()) {
      if (this.live + room <= Math.floor((7 / 8) * this.limit)) break;
      this.delete(key);
    }
  }

  /** Makes room, and clears away removed files. @param needed minimum room in tokens */
  private rebuild(needed: number): void {
    // Grow by half, but never beyond the limit.
    const room = needed === 0 ? 0 : Math.max(needed, Math.min(Math.ceil(1.5 * needed), this.limit + FIRST_ROOM));
    const { all, next, used } = this;
    this.all = new Uint16Array(room);
    this.next = RUNS.map(() => new Int32Array(room));
    if (used === this.live && used > 0) {
      this.all.set(all.subarray(0, used));
      this.next.forEach((list, run) => list.set(next[run]!.subarray(0, used)));
      return;
    }
    const kept = [...this.segments];
    this.segments.clear();
    this.heads = room === 0 ? [] : RUNS.map(() => new Int32Array(1 << HASH_BITS).fill(-1));
    this.used = 0;
    this.live = 0;
    for (const [key, { start, end }] of kept) this.append(key, all.subarray(start, end));
  }
}

/** Hash of the tokens before a position. */
function hashOf(tokens: ArrayLike<number>, at: number, length: number): number {
  let hash = 0;
  for (let i = at - length; i < at; i++) hash = Math.imul(hash ^ tokens[i]!, 0x9e37_79b1) + 0x7f4a_7c15;
  return (Math.imul(hash, 0x85eb_ca6b) >>> 0) >>> (32 - HASH_BITS);
}
