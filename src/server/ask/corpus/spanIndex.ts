import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import { LineIndex, RecencyCache } from '../../../common';
import type { LineEmbeddings } from '../../../memory';
import { fileTerms, Vocabulary, type FileTerms } from '../lexical';
import type { SpanEmbedder } from '../wordVectors';
import { lineSpans, spansOf, type Span } from '../spans';
import { spanVectors, VectorTable, type Rows } from '../embedding';

const compress = promisify(deflateRaw);

/** Characters of texts that are kept uncompressed. */
const UNPACKED = 4_000_000;

/** An indexed file. */
export interface IndexedFile {
  /** Identifies the file. */
  key: string;
  spans: readonly Span[];
  terms: FileTerms;
  /** Its text, compressed: citing must not read the file again. */
  packed: Buffer;
  /** A vector for each span, when the index has an embedder. */
  vectors: Int8Array | undefined;
  /** Rows of the file's embeddings in {@link SpanIndex.table}, when a model with an embedding has read the file. */
  rows: Rows | undefined;
}

/**
 * The spans of all files that were read, with their words. Filled file by file while reading; a question reads nothing. Takes about
 * twice the bytes of the texts.
 */
export class SpanIndex {
  private readonly vocabulary = new Vocabulary();
  private readonly files = new Map<string, IndexedFile>();
  private readonly running = new Map<string, { controller: AbortController; done: Promise<boolean> }>();
  private readonly texts = new RecencyCache<string, LineIndex>(UNPACKED, ({ length }) => length);
  private embedded: VectorTable | undefined;

  /** @param embedder embeds spans as they are added */
  constructor(readonly embedder?: SpanEmbedder) {}

  /**
   * Adds or replaces a file. A newer call for the same file cancels an older one.
   *
   * @param fileName decides the language
   * @param bytes UTF-8
   * @param embeddings the model's embeddings of these bytes, if it has read them
   * @param options byLines: cuts the file into lines only, in a third of the time, until {@link refine}
   * @returns whether the file is in the index now; false when it was overtaken or deleted in the meantime
   */
  set(
    key: string,
    fileName: string,
    bytes: Uint8Array,
    embeddings?: LineEmbeddings,
    { byLines = false } = {},
  ): Promise<boolean> {
    this.running.get(key)?.controller.abort();
    const controller = new AbortController();
    const done = this.add(key, byLines ? undefined : fileName, bytes, embeddings, controller.signal).finally(() => {
      if (this.running.get(key)?.controller === controller) this.running.delete(key);
    });
    this.running.set(key, { controller, done });
    return done;
  }

  /** Cuts a file along its syntax that was cut into lines only. @returns as {@link set} */
  refine(key: string, fileName: string): Promise<boolean> {
    const file = this.files.get(key);
    return file === undefined ? Promise.resolve(false) : this.set(key, fileName, inflateRawSync(file.packed));
  }

  private async add(
    key: string,
    fileName: string | undefined,
    bytes: Uint8Array,
    embeddings: LineEmbeddings | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
      const lines = new LineIndex(text);
      const spans = fileName === undefined ? lineSpans(lines) : await spansOf(text, lines, fileName, signal);
      const terms = await fileTerms(this.vocabulary, lines, spans, signal);
      const vectors = fileName === undefined ? undefined : this.vectorsOf(terms);
      const packed = await compress(bytes, { level: 1 });
      if (signal.aborted) return false;
      this.forgetFile(key);
      this.files.set(key, { key, spans, terms, packed, vectors, rows: this.rowsFor(spans, embeddings) });
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  delete(key: string): void {
    this.running.get(key)?.controller.abort();
    this.running.delete(key);
    this.forgetFile(key);
  }

  /**
   * Adds the model's embeddings of a file that was indexed before it was read. Does nothing when it is not in the
   * index.
   *
   * @param embeddings of exactly the text given to {@link set}
   */
  embed(key: string, embeddings: LineEmbeddings): void {
    const file = this.files.get(key);
    if (file === undefined) return;
    if (file.rows !== undefined) this.embedded?.remove(file.rows);
    file.rows = this.rowsFor(file.spans, embeddings);
  }

  /** The model's embeddings; undefined as long as there are none. */
  get table(): VectorTable | undefined {
    return this.embedded;
  }

  /** Number of files. */
  get size(): number {
    return this.files.size;
  }

  has(key: string): boolean {
    return this.files.has(key);
  }

  /** Waits until those of these files that are being added are in the index, or have failed. */
  async settled(keys: Iterable<string>): Promise<void> {
    await Promise.allSettled([...keys].flatMap((key) => this.running.get(key)?.done ?? []));
  }

  get(key: string): IndexedFile | undefined {
    return this.files.get(key);
  }

  /** The files with these keys that are in the index; all of them without keys. */
  list(keys?: Iterable<string>): IndexedFile[] {
    if (keys === undefined) return [...this.files.values()];
    return [...keys].flatMap((key) => this.files.get(key) ?? []);
  }

  /** The number of a term, for searching. */
  termId(term: string): number | undefined {
    return this.vocabulary.get(term);
  }

  /** The text of a file in the index. @throws RangeError for another key */
  text(key: string): LineIndex {
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const file = this.files.get(key);
    if (file === undefined) throw new RangeError(`${key} is not in the index`);
    const lines = new LineIndex(inflateRawSync(file.packed).toString('utf8'));
    this.texts.set(key, lines);
    return lines;
  }

  /** Bytes used by texts and word lists. */
  get bytes(): number {
    let sum = this.embedded?.bytes ?? 0;
    for (const { packed, terms, spans, vectors } of this.files.values()) {
      sum += packed.length + spans.length * 200 + (vectors?.length ?? 0);
      for (const array of Object.values(terms) as (Uint32Array | Uint16Array | Uint8Array)[]) sum += array.byteLength;
    }
    return sum;
  }

  private vectorsOf(terms: FileTerms): Int8Array | undefined {
    return this.embedder?.spans(terms, (id) => this.vocabulary.termOf(id));
  }

  private rowsFor(spans: readonly Span[], embeddings: LineEmbeddings | undefined): Rows | undefined {
    if (embeddings === undefined) return undefined;
    this.embedded ??= new VectorTable(embeddings.width);
    return this.embedded.add(spanVectors(embeddings, spans));
  }

  private forgetFile(key: string): void {
    const rows = this.files.get(key)?.rows;
    if (rows !== undefined) this.embedded?.remove(rows);
    this.files.delete(key);
    this.texts.delete(key);
  }
}
