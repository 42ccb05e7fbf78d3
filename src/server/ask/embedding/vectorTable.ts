import { quantize } from '../../../common';
import { dotKernel, type DotKernel } from './kernel';
import { wasm, type WasmMemory } from './wasm';

/** Vectors of one file: consecutive rows of the table. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** 8-bit vectors with a scale each, contiguous. */
export interface QuantizedVectors {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** Rows per slab: memory grows by a slab, and never moves. */
const SLAB = 4096;

/** Scale of the query; with more, a sum over 2,000 numbers could overflow 32 bits. */
const QUERY_UNIT = 8191;

const PAGE = 65_536;
const MAX_PAGES = 65_536;

/**
 * Vectors of many files, to be compared with one vector: a million of them in tens of milliseconds. They are in a separate memory,
 * outside of the garbage collector; freed rows are reused.
 */
export class VectorTable {
  /** Bytes per row: a multiple of 16. */
  private readonly stride: number;
  private readonly slabBytes: number;
  private readonly slabsAt: number;
  private readonly memory: WasmMemory;
  private readonly dot: DotKernel;
  private slabs = 0;
  /** Free rows, ascending and not adjacent. */
  private free: { first: number; count: number }[] = [];

  /** @param width length of a vector */
  constructor(readonly width: number) {
    this.stride = 16 * Math.ceil(width / 16);
    // Each row has its numbers, its scale, and room for its score.
    this.slabBytes = SLAB * (this.stride + 8);
    this.slabsAt = 64 * Math.ceil((2 * this.stride) / 64);
    this.memory = new wasm.Memory({ initial: Math.ceil(this.slabsAt / PAGE), maximum: MAX_PAGES });
    this.dot = dotKernel(this.memory);
  }

  /** Memory used, in bytes. */
  get bytes(): number {
    return this.memory.buffer.byteLength;
  }

  /** Adds the vectors of a file. */
  add({ values, scales }: QuantizedVectors): Rows {
    const rows = this.allocate(scales.length);
    for (const { row, count, from } of this.partsOf(rows)) {
      const { at, scale } = this.placeOf(row);
      const bytes = new Int8Array(this.memory.buffer, at, count * this.stride);
      for (let i = 0; i < count; i++) {
        const vector = values.subarray((from + i) * this.width, (from + i + 1) * this.width);
        bytes.set(vector, i * this.stride);
      }
      new Float32Array(this.memory.buffer, scale, count).set(scales.subarray(from, from + count));
    }
    return rows;
  }

  /** Frees rows. */
  remove({ first, count }: Rows): void {
    if (count === 0) return;
    const next = this.free.findIndex((one) => one.first > first);
    const at = next < 0 ? this.free.length : next;
    this.free.splice(at, 0, { first, count });
    this.join(at);
    if (at > 0) this.join(at - 1);
  }

  /**
   * Compares a vector with the rows of each file.
   *
   * @param query `width` numbers
   * @param visit called for every file with the dot products; the array is reused
   */
  compare(
    query: Float32Array,
    files: readonly (Rows | undefined)[],
    visit: (file: number, scores: Float32Array) => void,
  ): void {
    const unit = this.setQuery(query);
    let scores = new Float32Array(1024);
    for (const [file, rows] of files.entries()) {
      if (rows === undefined || rows.count === 0) continue;
      if (rows.count > scores.length) scores = new Float32Array(2 * rows.count);
      for (const { row, count, from } of this.partsOf(rows)) {
        const { at, scale, out } = this.placeOf(row);
        this.dot(at, count, this.stride / 16, scale, 0, out);
        scores.set(new Float32Array(this.memory.buffer, out, count), from);
      }
      const found = scores.subarray(0, rows.count);
      for (let i = 0; i < found.length; i++) found[i]! *= unit;
      visit(file, found);
    }
  }

  /** Copies the query to where the kernel expects it. @returns the factor for the dot products */
  private setQuery(query: Float32Array): number {
    if (query.length !== this.width) throw new RangeError(`${query.length} numbers where vectors have ${this.width}`);
    const numbers = new Int16Array(this.memory.buffer, 0, this.stride).fill(0);
    return quantize(query, numbers, 0, QUERY_UNIT);
  }

  private allocate(count: number): Rows {
    if (count === 0) return { first: 0, count };
    for (;;) {
      const place = this.free.find((one) => one.count >= count);
      if (place !== undefined) {
        const { first } = place;
        place.first += count;
        place.count -= count;
        if (place.count === 0) this.free = this.free.filter((one) => one !== place);
        return { first, count };
      }
      this.grow();
    }
  }

  /** Adds a slab. @throws RangeError when memory is exhausted */
  private grow(): void {
    const needed = this.slabsAt + (this.slabs + 1) * this.slabBytes;
    const missing = Math.ceil((needed - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    this.remove({ first: this.slabs * SLAB, count: SLAB });
    this.slabs++;
  }

  private join(at: number): void {
    const [one, next] = [this.free[at], this.free[at + 1]];
    if (one === undefined || one.first + one.count !== next?.first) return;
    one.count += next.count;
    this.free.splice(at + 1, 1);
  }

  /** Rows in parts that lie within one slab each: `from` is the part's index among the rows. */
  private *partsOf({ first, count }: Rows): Generator<{ row: number; count: number; from: number }> {
    for (let from = 0; from < count;) {
      const row = first + from;
      const part = Math.min(count - from, SLAB - (row % SLAB));
      yield { row, count: part, from };
      from += part;
    }
  }

  /** Addresses of a row's numbers, scale and score. */
  private placeOf(row: number): { at: number; scale: number; out: number } {
    const slab = this.slabsAt + Math.floor(row / SLAB) * this.slabBytes;
    const inside = row % SLAB;
    const scales = slab + SLAB * this.stride;
    return { at: slab + inside * this.stride, scale: scales + 4 * inside, out: scales + 4 * (SLAB + inside) };
  }
}
