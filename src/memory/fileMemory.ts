import { isAbort, throwIfAborted, yieldToEvents } from '../common';
import { TokenOffsets, prefill, type ReadingEngine, type ModelState } from '../engine';
import { EmbeddingShelf, type LineEmbeddings } from './embedding';
import { chainKeys } from './state/chain';
import { INTERIM_INTERVAL, isCheckpoint } from './state/checkpoints';
import { StateShelf } from './state/shelf';
import type { MemoryStore } from './store';

/** A text to be read. */
export interface MemoryDocument {
  /** Path or URI: shown to people and used to forget; it does not decide the state. */
  label: string;
  /** File name: the model sees it before the text. */
  basename: string;
  /** UTF-8. */
  bytes: Uint8Array;
}

export interface ReadProgress {
  label: string;
  /** Tokens behind us, restored ones included. */
  doneTokens: number;
  totalTokens: number;
  restoredTokens: number;
}

export interface ReadOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** When the last block is read: holds the state before it ready, too (`FileReading.stateAt`), which takes some 3 MB. */
  holdsPrevious?: boolean;
}

/** What an interrupted reading left in the store. It is the reason of the {@link ReadInterruptedError}. */
export class ReadInterruptedError extends Error {
  override readonly name = 'ReadInterruptedError';

  constructor(
    readonly label: string,
    /** Tokens whose state is stored, so that the next reading goes on there; 0 when nothing was kept. */
    readonly keptTokens: number,
    /** Tokens whose state came from the store at the start. */
    readonly restoredTokens: number,
    readonly totalTokens: number,
    cause: unknown,
  ) {
    super(`reading ${label} was interrupted`, { cause });
  }
}

/** One document, read to its last whole block. The tokens behind that are the tail: they are run again whenever needed. */
export class FileReading {
  constructor(
    readonly label: string,
    /** Header and text. */
    readonly tokens: Uint32Array,
    /** Tokens before the text. Token `headerTokens + i` is token `i` of `offsets`. */
    readonly headerTokens: number,
    readonly offsets: TokenOffsets,
    readonly bytes: Uint8Array,
    /** At the last whole block. */
    readonly state: ModelState,
    /** Tokens whose state came from the store. */
    readonly restoredTokens: number,
    /** Tokens that the model read just now. */
    readonly readTokens: number,
    private readonly shelf: StateShelf,
    /** Of a model that has an embedding. */
    readonly embeddings: LineEmbeddings | undefined,
  ) {}

  /** Token positions of the states in the store, ascending. */
  get checkpoints(): number[] {
    return this.shelf.storedBlocks().map((block) => block * this.shelf.grid);
  }

  /** The tokens behind the last whole block. */
  get tail(): Uint32Array {
    return this.tokens.subarray(this.state.position);
  }

  /**
   * The state at the last block boundary at or before a token (counted with the header), made from the nearest stored state by
   * reading the gap.
   */
  async stateAt(tokenIndex: number, signal?: AbortSignal): Promise<ModelState> {
    const { grid } = this.shelf;
    const block = Math.floor(Math.max(0, Math.min(tokenIndex, this.tokens.length)) / grid);
    if (block * grid === this.state.position) return this.state;
    return this.shelf.stateAfter(block, this.tokens, signal);
  }
}

/** Reads documents through an engine and keeps their states in a store. */
export class FileMemory {
  constructor(
    private readonly engine: ReadingEngine,
    private readonly store: MemoryStore,
  ) {}

  /**
   * Reads a document from the deepest stored state on its chain: all of it the first time, nothing when it is unchanged, from the
   * last checkpoint before the edit when it was edited.
   *
   * @throws ReadInterruptedError after an abort; the state reached so far is stored
   */
  async read(document: MemoryDocument, options: ReadOptions = {}): Promise<FileReading> {
    throwIfAborted(options.signal);
    const { engine, store } = this;
    const { tokens, headerTokens, offsets, keys } = this.chain(document);
    const blocks = keys.length - 1;
    const shelf = new StateShelf(engine, store, document.label, keys);
    const embedded = this.embeddingShelf(document, { tokens, headerTokens, offsets, keys });

    const start = shelf.deepest(blocks, embedded && ((block) => embedded.isKnownUpTo(block)));
    const report = (doneTokens: number): void =>
      options.onProgress?.({
        label: document.label,
        doneTokens,
        totalTokens: tokens.length,
        restoredTokens: start.position,
      });
    report(start.position);
    await yieldToEvents();
    const ids = tokens.subarray(start.position, blocks * shelf.grid);
    const state = await this.readOn(shelf, embedded, start, ids, options, report);
    if (embedded?.restoreTail() === false) {
      try {
        embedded.addTail(await engine.embed(state, tokens.subarray(state.position)));
        throwIfAborted(options.signal);
      } catch (error) {
        if (!isAbort(error, options.signal)) throw error;
        const kept = shelf.isKept ? state.position : 0;
        throw new ReadInterruptedError(document.label, kept, start.position, state.position, error);
      }
    }
    return new FileReading(
      document.label,
      tokens,
      headerTokens,
      offsets,
      document.bytes,
      state,
      start.position,
      state.position - start.position,
      shelf,
      embedded?.lines,
    );
  }

  /**
   * The embeddings of a document that was read before, from the store alone: no state is restored and nothing is read.
   *
   * @returns undefined when some are missing, or the model has none
   */
  embeddings(document: MemoryDocument): LineEmbeddings | undefined {
    if (this.engine.config.embeddingWidth === 0) return undefined;
    const chain = this.chain(document);
    const embedded = this.embeddingShelf(document, chain);
    const isWhole = embedded?.isKnownUpTo(chain.keys.length - 1) === true && embedded.restoreTail();
    return isWhole ? embedded.lines : undefined;
  }

  /** A document as tokens, with the keys of its states. */
  private chain(document: MemoryDocument): ReturnType<typeof tokenize> & { keys: Buffer[] } {
    const { engine } = this;
    const tokenized = tokenize(engine, document);
    const root = { modelId: engine.modelId, tokenizerId: engine.tokenizer.id };
    return { ...tokenized, keys: chainKeys(root, tokenized.tokens, engine.config.stateGrid) };
  }

  private embeddingShelf(
    { label }: MemoryDocument,
    chain: ReturnType<FileMemory['chain']>,
  ): EmbeddingShelf | undefined {
    if (this.engine.config.embeddingWidth === 0) return undefined;
    return new EmbeddingShelf(this.engine, this.store, { label, ...chain });
  }

  /** Reads whole blocks behind `start`, storing checkpoints. */
  private async readOn(
    shelf: StateShelf,
    embedded: EmbeddingShelf | undefined,
    start: ModelState,
    ids: Uint32Array,
    options: ReadOptions,
    report: (doneTokens: number) => void,
  ): Promise<ModelState> {
    const { grid } = shelf;
    let reached = start;
    let lastStored = start;
    let storedAt = Date.now();
    const keep = (state: ModelState): boolean => {
      const block = state.position / grid;
      const isStored = shelf.store(state, embedded?.entriesFor(block));
      if (isStored) embedded?.stored(block);
      return isStored;
    };
    try {
      await prefill(this.engine, start, ids, {
        ...(options.signal && { signal: options.signal }),
        ...(embedded && {
          onEmbedding: (embedding, position) => embedded.add(position, embedding),
        }),
        onBlock: (state) => {
          reached = state;
          const block = state.position / grid;
          if (options.holdsPrevious === true && block === shelf.blocks - 1) shelf.hold(state);
          if (isCheckpoint(block, shelf.blocks) || Date.now() - storedAt >= INTERIM_INTERVAL) {
            if (keep(state)) lastStored = state;
            storedAt = Date.now();
          }
          report(state.position);
        },
      });
      if (ids.length > 0) shelf.prune((block) => embedded?.drop(block));
      return reached;
    } catch (error) {
      if (!isAbort(error, options.signal)) throw error;
      if (reached !== lastStored && keep(reached)) lastStored = reached;
      const kept = shelf.isKept ? lastStored.position : 0;
      throw new ReadInterruptedError(shelf.label, kept, start.position, start.position + ids.length, error);
    }
  }
}

/** Header and text as tokens, in the form of training: the path token, the file name, a line end, the text. */
export function tokenize(
  engine: Pick<ReadingEngine, 'tokenizer'>,
  { basename, bytes }: Pick<MemoryDocument, 'basename' | 'bytes'>,
): { tokens: Uint32Array; headerTokens: number; offsets: TokenOffsets } {
  const { tokenizer } = engine;
  const name = tokenizer.encode(Buffer.from(`${basename}\n`, 'utf8'));
  const text = tokenizer.encode(bytes);
  const headerTokens = 1 + name.length;
  const tokens = new Uint32Array(headerTokens + text.length);
  tokens[0] = tokenizer.special('<|path|>');
  tokens.set(name, 1);
  tokens.set(text, headerTokens);
  return { tokens, headerTokens, offsets: new TokenOffsets(tokenizer, text, bytes) };
}
