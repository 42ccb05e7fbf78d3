const tableSize = 1 << 18;
const maxWords = 1 << 17;
const arenaSize = 1 << 22;

/**
 * Remembers the token ids of words encoded before. Code repeats its words, and a lookup costs a tenth of the merges. Keys are
 * compared byte by byte, so a hash collision costs time but never gives a wrong answer. When full it is emptied: cheaper than
 * tracking use, and a new file brings its own words.
 */
export class WordCache {
  /** Longer words are rare and seldom repeat. */
  readonly longest = 48;
  // Slot -> entry number + 1; 0 = free.
  private readonly table = new Int32Array(tableSize);
  private readonly keyAt = new Uint32Array(maxWords + 1);
  private readonly idsAt = new Uint32Array(maxWords + 1);
  private readonly hashes = new Int32Array(maxWords);
  private keys: Uint8Array<ArrayBuffer> = new Uint8Array(1 << 16);
  private ids: Uint32Array<ArrayBuffer> = new Uint32Array(1 << 15);
  private words = 0;
  private hash = 0;
  private slot = 0;

  /** Copies the ids of bytes[start, end) to out[at...] and returns their number, or 0 when the word is unknown. */
  read(bytes: Uint8Array, start: number, end: number, out: Uint32Array, at: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash ^= hash >>> 15;
    let slot = hash & (tableSize - 1);
    for (let entry = this.table[slot]!; entry !== 0; entry = this.table[slot]!) {
      if (this.hashes[entry - 1] === hash && this.isKey(entry - 1, bytes, start, end)) {
        const from = this.idsAt[entry - 1]!;
        const count = this.idsAt[entry]! - from;
        for (let i = 0; i < count; i++) out[at + i] = this.ids[from + i]!;
        return count;
      }
      slot = (slot + 1) & (tableSize - 1);
    }
    this.hash = hash;
    this.slot = slot;
    return 0;
  }

  /** Stores the ids of a word that the preceding read did not find. */
  write(bytes: Uint8Array, start: number, end: number, ids: Uint32Array, at: number, count: number): void {
    if (this.words === maxWords || this.keyAt[this.words]! + (end - start) > arenaSize) {
      this.table.fill(0);
      this.words = 0;
      this.slot = this.hash & (tableSize - 1);
    }
    const word = this.words++;
    const key = this.keyAt[word]!;
    const first = this.idsAt[word]!;
    if (key + (end - start) > this.keys.length) this.keys = doubled(this.keys, new Uint8Array(this.keys.length * 2));
    if (first + count > this.ids.length) this.ids = doubled(this.ids, new Uint32Array(this.ids.length * 2));
    for (let i = start; i < end; i++) this.keys[key + i - start] = bytes[i]!;
    for (let i = 0; i < count; i++) this.ids[first + i] = ids[at + i]!;
    this.keyAt[word + 1] = key + (end - start);
    this.idsAt[word + 1] = first + count;
    this.hashes[word] = this.hash;
    this.table[this.slot] = word + 1;
  }

  private isKey(word: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.keyAt[word]!;
    if (this.keyAt[word + 1]! - from !== end - start) return false;
    for (let i = start; i < end; i++) if (this.keys[from + i - start] !== bytes[i]) return false;
    return true;
  }
}

function doubled<T extends Uint8Array | Uint32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
