import { createHash } from 'node:crypto';
import { firstAtLeast } from '../../common';
import type { ReadingEngine, TokenOffsets } from '../../engine';
import { MIN_STRIDE } from '../state/checkpoints';
import type { MemoryStore, StoreEntry } from '../store';
import { decodePieces, encodePieces, PIECES_VERSION } from './codec';
import { LineEmbeddings } from './lineEmbeddings';
import { pieceStarts, sumPieces, type PieceVectors } from './pieces';

/** Blocks per record; checkpoints are at multiples of it. */
const GROUP = MIN_STRIDE;

/** A text being read, as tokens. */
export interface EmbeddedText {
  label: string;
  /** Header and text. */
  tokens: Uint32Array;
  headerTokens: number;
  offsets: TokenOffsets;
  /** One per block boundary, as from `chainKeys`. */
  keys: readonly Buffer[];
}

/**
 * The embeddings of one document: restored from the store as far as they are there, computed while the rest is read. Only for a
 * model with an embedding.
 */
export class EmbeddingCache {
  private readonly starts: Uint32Array;
  private readonly vectors: PieceVectors;
  /** Number of leading blocks whose pieces are available. */
  private known = 0;
  /** Number of leading groups that are in the store. */
  private storedGroups = 0;

  constructor(
    private readonly engine: Pick<ReadingEngine, 'config' | 'modelId' | 'tokenizer'>,
    private readonly memory: MemoryStore,
    private readonly text: EmbeddedText,
  ) {
    const { stateGrid, embeddingWidth } = engine.config;
    this.starts = pieceStarts(engine.tokenizer, text.tokens, stateGrid);
    this.vectors = {
      values: new Int8Array(this.starts.length * embeddingWidth),
      scales: new Float32Array(this.starts.length),
    };
    while (this.storedGroups < Math.floor(this.blocks / GROUP) && this.restoreGroup()) this.storedGroups++;
    this.known = this.storedGroups * GROUP;
  }

  /** The embeddings of the whole text, once all of it was read or restored. */
  get lines(): LineEmbeddings {
    const { headerTokens, offsets } = this.text;
    return new LineEmbeddings(this.engine.config.embeddingWidth, this.starts, this.vectors, offsets, headerTokens);
  }

  /** Whether everything before a block is available, so that reading may continue from the state there. */
  isKnownUpTo(block: number): boolean {
    if (block <= this.known) return true;
    const rest = block % GROUP;
    if (rest === 0 || block - rest > this.known) return false;
    if (!this.restore(this.recordKey(block), block - rest, block)) return false;
    this.known = block;
    return true;
  }

  /** Adds the embedding of a run's tokens. Runs come in order. @param position of the first token */
  add(position: number, embedding: Float32Array): void {
    const { stateGrid, embeddingWidth } = this.engine.config;
    const block = position / stateGrid;
    if (block < this.known) return;
    const end = block + embedding.length / embeddingWidth / stateGrid;
    this.sum(embedding, block, end);
    this.known = end;
  }

  /** Entries to store together with the state after a block. */
  entriesFor(block: number): StoreEntry[] {
    const entries: StoreEntry[] = [];
    const groups = Math.floor(block / GROUP);
    for (let group = this.storedGroups + 1; group <= groups; group++) {
      entries.push(this.entry(this.recordKey(group * GROUP), (group - 1) * GROUP, group * GROUP));
    }
    if (block % GROUP !== 0) entries.push(this.entry(this.recordKey(block), groups * GROUP, block));
    return entries;
  }

  /** The entries from {@link entriesFor} were stored. */
  stored(block: number): void {
    this.storedGroups = Math.max(this.storedGroups, Math.floor(block / GROUP));
  }

  /** Removes an interim record from the store, unless it is a complete group. */
  drop(block: number): void {
    if (block % GROUP !== 0) this.memory.remove(this.recordKey(block));
  }

  /** Keys of what belongs to this version of the text alone: the rest after the last complete group, and the tail. */
  get ownKeys(): Buffer[] {
    const { blocks } = this;
    return [
      ...(blocks % GROUP === 0 ? [] : [this.recordKey(blocks)]),
      ...(this.tail.length === 0 ? [] : [this.tailKey()]),
    ];
  }

  /** Whether the embeddings of the tail are available, or there is no tail. */
  restoreTail(): boolean {
    const { blocks } = this;
    return this.tail.length === 0 || this.restore(this.tailKey(), blocks, blocks + 1);
  }

  /** Adds the embedding of the tail's tokens, and stores it. */
  addTail(embedding: Float32Array): void {
    const { blocks } = this;
    this.sum(embedding, blocks, blocks + 1);
    this.memory.putAll([this.entry(this.tailKey(), blocks, blocks + 1)]);
  }

  private get blocks(): number {
    return this.text.keys.length - 1;
  }

  private get tail(): Uint32Array {
    return this.text.tokens.subarray(this.blocks * this.engine.config.stateGrid);
  }

  private sum(embedding: Float32Array, from: number, to: number): void {
    sumPieces(embedding, this.engine.config.embeddingWidth, this.starts, this.pieces(from, to), this.vectors);
  }

  /** The pieces of some blocks: first and end. */
  private pieces(from: number, to: number): [number, number] {
    return [this.firstPieceOf(from), this.firstPieceOf(to)];
  }

  /** Each block starts with a new piece. */
  private firstPieceOf(block: number): number {
    return firstAtLeast(this.starts, block * this.engine.config.stateGrid);
  }

  private restoreGroup(): boolean {
    const end = (this.storedGroups + 1) * GROUP;
    return this.restore(this.recordKey(end), end - GROUP, end);
  }

  /** Loads the pieces of some blocks; unusable ones are reported and removed. */
  private restore(key: Buffer, from: number, to: number): boolean {
    const bytes = this.memory.get(key, this.text.label);
    if (bytes === undefined) return false;
    const reason = decodePieces(bytes, this.vectors, this.engine.config.embeddingWidth, ...this.pieces(from, to));
    if (reason === undefined) return true;
    this.memory.report(`stored embeddings of ${this.text.label} cannot be used: ${reason}; that part is read again`);
    this.memory.remove(key);
    return false;
  }

  private entry(key: Buffer, from: number, to: number): StoreEntry {
    const { label, tokens } = this.text;
    const position = Math.min(to * this.engine.config.stateGrid, tokens.length);
    const blob = encodePieces(this.vectors, this.engine.config.embeddingWidth, ...this.pieces(from, to));
    return { key, blob, meta: { label, position, modelId: this.engine.modelId, kind: 'embedding' } };
  }

  private recordKey(block: number): Buffer {
    return createHash('sha256').update(`memmamba pieces\0${PIECES_VERSION}\0`).update(this.text.keys[block]!).digest();
  }

  private tailKey(): Buffer {
    const { tail } = this;
    return createHash('sha256')
      .update(`memmamba tail\0${PIECES_VERSION}\0`)
      .update(this.text.keys[this.blocks]!)
      .update(new Uint8Array(tail.buffer, tail.byteOffset, tail.byteLength))
      .digest();
  }
}
