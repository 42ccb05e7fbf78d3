import type { Vocabulary } from './vocabulary';

const none = 0x7fffffff;
/** From this length on, a heap beats scanning for the lowest rank. */
const longWord = 64;

/**
 * Byte-pair merges within one word: the adjacent pair of lowest rank first (the leftmost of several), until no pair is in the
 * table.
 */
export class Merger {
  // Open addressing: three numbers per slot (left, right, rank), left = -1 when empty.
  private readonly table: Int32Array;
  private readonly mask: number;
  private readonly byteIds: Uint32Array;
  private readonly result: Uint32Array;
  private ids = new Int32Array(longWord);
  private ranks = new Int32Array(longWord);

  constructor(vocabulary: Vocabulary) {
    const { left, right, result } = vocabulary.merges;
    let slots = 16;
    while (slots < left.length * 4) slots *= 2;
    this.mask = slots - 1;
    this.table = new Int32Array(slots * 3).fill(-1);
    this.byteIds = vocabulary.byteIds;
    this.result = result;
    for (let rank = 0; rank < left.length; rank++) {
      let slot = this.slot(left[rank]!, right[rank]!);
      while (this.table[slot * 3] !== -1) slot = (slot + 1) & this.mask;
      this.table[slot * 3] = left[rank]!;
      this.table[slot * 3 + 1] = right[rank]!;
      this.table[slot * 3 + 2] = rank;
    }
  }

  /**
   * Encodes bytes[start, end) as one word.
   * @param out room for end - start ids from index `at` on
   * @returns the number of ids written
   */
  encode(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    const length = end - start;
    if (length === 1) {
      out[at] = this.byteIds[bytes[start]!]!;
      return 1;
    }
    if (length > longWord) return this.encodeLong(bytes, start, end, out, at);
    const { ids, ranks } = this;
    for (let i = 0; i < length; i++) ids[i] = this.byteIds[bytes[start + i]!]!;
    for (let i = 0; i + 1 < length; i++) ranks[i] = this.rank(ids[i]!, ids[i + 1]!);
    let count = length;
    while (count > 1) {
      let best = none;
      let where = 0;
      for (let i = 0; i + 1 < count; i++) {
        if (ranks[i]! < best) {
          best = ranks[i]!;
          where = i;
        }
      }
      if (best === none) break;
      ids[where] = this.result[best]!;
      count--;
      ids.copyWithin(where + 1, where + 2, count + 1);
      ranks.copyWithin(where + 1, where + 2, count);
      if (where > 0) ranks[where - 1] = this.rank(ids[where - 1]!, ids[where]!);
      if (where + 1 < count) ranks[where] = this.rank(ids[where]!, ids[where + 1]!);
    }
    for (let i = 0; i < count; i++) out[at + i] = ids[i]!;
    return count;
  }

  /** The same over a linked list with a heap of (rank, position): n log n. */
  private encodeLong(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    const length = end - start;
    const ids = new Int32Array(length);
    const previous = new Int32Array(length);
    const next = new Int32Array(length);
    for (let i = 0; i < length; i++) {
      ids[i] = this.byteIds[bytes[start + i]!]!;
      previous[i] = i - 1;
      next[i] = i + 1 < length ? i + 1 : -1;
    }
    const heap = new PairHeap(length);
    const offer = (i: number): void => {
      if (i < 0 || next[i]! < 0) return;
      const rank = this.rank(ids[i]!, ids[next[i]!]!);
      if (rank !== none) heap.push(rank, i);
    };
    for (let i = 0; i + 1 < length; i++) offer(i);
    while (heap.pop()) {
      const i = heap.position;
      const j = ids[i]! < 0 ? -1 : next[i]!;
      // An entry is stale when an earlier merge changed its pair.
      if (j < 0 || this.rank(ids[i]!, ids[j]!) !== heap.rank) continue;
      ids[i] = this.result[heap.rank]!;
      ids[j] = -1;
      next[i] = next[j]!;
      if (next[i] >= 0) previous[next[i]] = i;
      offer(previous[i]!);
      offer(i);
    }
    let count = 0;
    for (let i = 0; i >= 0; i = next[i]!) out[at + count++] = ids[i]!;
    return count;
  }

  private rank(left: number, right: number): number {
    const { table, mask } = this;
    for (let slot = this.slot(left, right); ; slot = (slot + 1) & mask) {
      const found = table[slot * 3]!;
      if (found === -1) return none;
      if (found === left && table[slot * 3 + 1] === right) return table[slot * 3 + 2]!;
    }
  }

  private slot(left: number, right: number): number {
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    return (hash ^ (hash >>> 15)) & this.mask;
  }
}

/** Binary heap of (rank, position), smallest first. Both fit one double exactly: rank * 2^32 + position. */
class PairHeap {
  rank = 0;
  position = 0;
  private items: Float64Array;
  private size = 0;

  constructor(capacity: number) {
    this.items = new Float64Array(Math.max(16, capacity));
  }

  push(rank: number, position: number): void {
    if (this.size === this.items.length) {
      const larger = new Float64Array(this.size * 2);
      larger.set(this.items);
      this.items = larger;
    }
    const { items } = this;
    const item = rank * 0x1_0000_0000 + position;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]! <= item) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  /** Takes the smallest entry into `rank` and `position`; false when there is none. */
  pop(): boolean {
    if (this.size === 0) return false;
    const { items } = this;
    const top = items[0]!;
    this.rank = Math.floor(top / 0x1_0000_0000);
    this.position = top - this.rank * 0x1_0000_0000;
    const last = items[--this.size]!;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return true;
  }
}
