import { commonLength, isAbort, throwIfAborted, yieldToEvents } from '../common';
import {
  prefill,
  TokenOffsets,
  type ModelState,
  type PrefillOptions,
  type ReadingEngine,
  type Tokenizer,
} from '../engine';
import { EmbeddingCache, type EmbeddedText, type LineEmbeddings } from './embedding';
import { chainKeys } from './state/chain';
import { INTERIM_INTERVAL, isCheckpoint, isShort } from './state/checkpoints';
import { StateCache } from './state/stateCache';
import type { MemoryStore } from './store';

/** A text to read. */
export interface MemoryDocument {
  /** Path or URI: shown to users and used to forget; the state does not depend on it. */
  label: string;
  /** File name: the model reads it before the text. */
  basename: string;
  /** UTF-8. */
  bytes: Uint8Array;
}

/** A text as tokens, with its header. */
export interface Tokenized {
  /** Header and text. */
  tokens: Uint32Array;
  /** Tokens before the text. Token `headerTokens + i` is token `i` of `offsets`. */
  headerTokens: number;
  offsets: TokenOffsets;
}

export type TokenizedDocument = MemoryDocument & Tokenized;

export interface ReadProgress {
  label: string;
  /** Tokens read so far, restored ones included. */
  doneTokens: number;
  totalTokens: number;
  restoredTokens: number;
}

export interface ReadOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ReadProgress) => void) | undefined;
  /** Called with the state after each block that is read. */
  onState?: ((state: ModelState) => void) | undefined;
  /** Called before anything is stored; what was forgotten in the meantime must not come back. Default: always. */
  mayStore?: () => boolean;
  /** Whether states of this document may push others out of a full store. Default: true. */
  evicts?: () => boolean;
  /** The previous reading of a document being edited: reading continues from it, and what it leaves over is removed from the store. */
  previous?: FileReading | undefined;
  /** Also holds the state before the last block in memory (`FileReading.stateAt`), which takes some 3 MB. */
  holdsPrevious?: boolean;
}

/** What an interrupted reading left in the store. It is the cause of the {@link ReadInterruptedError}. */
export class ReadInterruptedError extends Error {
  override readonly name = 'ReadInterruptedError';

  constructor(
    readonly label: string,
    /** Tokens whose state is stored, so that the next reading continues there; 0 when nothing was kept. */
    readonly keptTokens: number,
    /** Tokens whose state came from the store at the start. */
    readonly restoredTokens: number,
    readonly totalTokens: number,
    cause: unknown,
  ) {
    super(`reading ${label} was interrupted`, { cause });
  }
}

/**
 * One document, read up to its last complete block. The tokens after that are the tail: they are run again whenever
 * needed.
 */
export class FileReading {
  constructor(
    readonly label: string,
    /** Header and text. */
    readonly tokens: Uint32Array,
    /** Tokens before the text. Token `headerTokens + i` is token `i` of `offsets`. */
    readonly headerTokens: number,
    readonly offsets: TokenOffsets,
    readonly bytes: Uint8Array,
    /** At the last complete block. */
    readonly state: ModelState,
    /** Tokens whose state came from the store. */
    readonly restoredTokens: number,
    /** Tokens that the model read this time. */
    readonly readTokens: number,
    private readonly stateCache: StateCache,
    /** Only for a model with an embedding. */
    readonly embeddings: LineEmbeddings | undefined,
    /** Keys in the store of what belongs to this version of the text alone, besides its states. */
    readonly indexKeys: readonly Buffer[],
  ) {}

  /** The same reading, for work that continues with this engine, such as the view of a task. */
  with(engine: ReadingEngine): FileReading {
    const { label, tokens, headerTokens, offsets, bytes, state, restoredTokens, readTokens, embeddings, indexKeys } =
      this;
    const stateCache = this.stateCache.with(engine);
    return new FileReading(
      label,
      tokens,
      headerTokens,
      offsets,
      bytes,
      state,
      restoredTokens,
      readTokens,
      stateCache,
      embeddings,
      indexKeys,
    );
  }

  /** Token positions of the states in the store, ascending. */
  get checkpoints(): number[] {
    return this.stateCache.storedBlocks().map((block) => block * this.stateCache.grid);
  }

  /** The tokens after the last complete block. */
  get tail(): Uint32Array {
    return this.tokens.subarray(this.state.position);
  }

  /**
   * The state at the last block boundary at or before a token (counted with the header), computed from the nearest stored
   * state by reading the gap.
   *
   * @param onBlock called with the states in the gap
   */
  async stateAt(tokenIndex: number, signal?: AbortSignal, onBlock?: PrefillOptions['onBlock']): Promise<ModelState> {
    const { grid } = this.stateCache;
    const block = Math.floor(Math.max(0, Math.min(tokenIndex, this.tokens.length)) / grid);
    if (block * grid === this.state.position) return this.state;
    return this.stateCache.stateAfter(block, this.tokens, { ...(signal && { signal }), ...(onBlock && { onBlock }) });
  }
}

/** What is known of a text that was read, also without a state of it. */
export type ReadText = Pick<FileReading, 'bytes' | 'tokens' | 'headerTokens' | 'embeddings'>;

/** Reads documents through an engine and keeps their states in a store. */
export class FileMemory {
  constructor(
    private readonly engine: ReadingEngine,
    private readonly store: MemoryStore,
  ) {}

  /**
   * Reads a document from the deepest stored state on its chain: all of it the first time, nothing when it is unchanged, from the
   * last checkpoint before the edit after an edit.
   *
   * @throws ReadInterruptedError after an abort; the state reached so far is stored
   */
  async read(document: MemoryDocument | TokenizedDocument, options: ReadOptions = {}): Promise<FileReading> {
    throwIfAborted(options.signal);
    const { engine, store } = this;
    const chained = this.chain(document);
    const { tokens, headerTokens, offsets, keys } = chained;
    const blocks = keys.length - 1;
    const stateCache = new StateCache(engine, store, chained);
    const embedded = this.embeddingCache(chained);

    const shared = options.previous && commonLength(options.previous.tokens, tokens);
    if (options.previous && shared! >= options.previous.state.position) stateCache.hold(options.previous.state);
    // Who edits here will do so again.
    const edited = shared === undefined ? -1 : Math.floor(shared / stateCache.grid);
    const isKept = (block: number): boolean =>
      (embedded === undefined || !isShort(blocks)) && (isCheckpoint(block, blocks) || block === edited);

    const start = stateCache.deepest(blocks, embedded && ((block) => embedded.isKnownUpTo(block)));
    const report = (doneTokens: number): void =>
      options.onProgress?.({
        label: document.label,
        doneTokens,
        totalTokens: tokens.length,
        restoredTokens: start.position,
      });
    report(start.position);
    await yieldToEvents();
    const ids = tokens.subarray(start.position, blocks * stateCache.grid);
    const state = await this.continueReading(stateCache, embedded, start, ids, isKept, options, report);
    if (embedded?.restoreTail() === false) {
      try {
        const tail = await engine.embed(state, tokens.subarray(state.position));
        throwIfAborted(options.signal);
        embedded.addTail(tail);
      } catch (error) {
        if (!isAbort(error, options.signal)) throw error;
        const kept = stateCache.isKept ? state.position : 0;
        throw new ReadInterruptedError(document.label, kept, start.position, state.position, error);
      }
    }
    const indexKeys = embedded?.ownKeys ?? [];
    this.dropIndex(options.previous, indexKeys);
    return new FileReading(
      document.label,
      tokens,
      headerTokens,
      offsets,
      document.bytes,
      state,
      start.position,
      state.position - start.position,
      stateCache,
      embedded?.lines,
      indexKeys,
    );
  }

  /**
   * The embeddings of a document that was read before, from the store alone: no state is restored and nothing is read.
   *
   * @returns undefined when some are missing, or the model has none
   */
  embeddings(document: MemoryDocument | TokenizedDocument): LineEmbeddings | undefined {
    if (this.engine.config.embeddingWidth === 0) return undefined;
    const chained = this.chain(document);
    const embedded = this.embeddingCache(chained);
    const isWhole = embedded?.isKnownUpTo(chained.keys.length - 1) === true && embedded.restoreTail();
    return isWhole ? embedded.lines : undefined;
  }

  /** Takes out of the store what belonged to an earlier version of a text alone. */
  private dropIndex(previous: FileReading | undefined, kept: readonly Buffer[]): void {
    for (const key of previous?.indexKeys ?? []) {
      if (kept.some((other) => other.equals(key)) || !this.store.isOnlyUsedBy(key, previous!.label)) continue;
      this.store.remove(key);
    }
  }

  /** A document as tokens, with the keys of its states. */
  private chain(document: MemoryDocument | TokenizedDocument): TokenizedDocument & { keys: Buffer[] } {
    const { engine } = this;
    const tokenized = 'tokens' in document ? document : tokenize(engine, document);
    const root = { modelId: engine.modelId, tokenizerId: engine.tokenizer.id };
    return { ...tokenized, keys: chainKeys(root, tokenized.tokens, engine.config.stateGrid) };
  }

  private embeddingCache(chained: EmbeddedText): EmbeddingCache | undefined {
    if (this.engine.config.embeddingWidth === 0) return undefined;
    return new EmbeddingCache(this.engine, this.store, chained);
  }

  /** Reads complete blocks after `start`, storing checkpoints. */
  private async continueReading(
    stateCache: StateCache,
    embedded: EmbeddingCache | undefined,
    start: ModelState,
    ids: Uint32Array,
    isKept: (block: number) => boolean,
    options: ReadOptions,
    report: (doneTokens: number) => void,
  ): Promise<ModelState> {
    const { grid } = stateCache;
    let reached = start;
    let lastStored = start;
    let storedAt = Date.now();
    const keep = (state: ModelState): boolean => {
      if (options.mayStore?.() === false) return false;
      const block = state.position / grid;
      const isStored = stateCache.store(state, embedded?.entriesFor(block), options.evicts?.() ?? true);
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
          options.onState?.(state);
          const block = state.position / grid;
          if (options.holdsPrevious === true && block === stateCache.blocks - 1) stateCache.hold(state);
          if (isKept(block) || Date.now() - storedAt >= INTERIM_INTERVAL) {
            if (keep(state)) lastStored = state;
            storedAt = Date.now();
          }
          report(state.position);
        },
      });
      if (ids.length > 0) {
        stateCache.prune(isKept, (block) => {
          if (block !== stateCache.blocks) embedded?.drop(block);
        });
        // That it was read must be known also where no state is.
        if (embedded && lastStored !== reached && options.mayStore?.() !== false) {
          this.store.putAll(embedded.entriesFor(stateCache.blocks));
        }
      }
      stateCache.release();
      return reached;
    } catch (error) {
      if (!isAbort(error, options.signal)) throw error;
      if (reached !== lastStored && keep(reached)) lastStored = reached;
      const kept = stateCache.isKept ? lastStored.position : 0;
      throw new ReadInterruptedError(stateCache.label, kept, start.position, start.position + ids.length, error);
    }
  }
}

/** Header and text as tokens, in the format of training: the path token, the file name, a line end, the text. */
export function tokenize<T extends Pick<MemoryDocument, 'basename' | 'bytes'>>(
  { tokenizer }: Pick<ReadingEngine, 'tokenizer'>,
  document: T,
): T & Tokenized {
  const header = headerTokens(tokenizer, document.basename);
  const text = tokenizer.encode(document.bytes);
  const tokens = new Uint32Array(header.length + text.length);
  tokens.set(header);
  tokens.set(text, header.length);
  const offsets = new TokenOffsets(tokenizer, text, document.bytes);
  return { ...document, tokens, headerTokens: header.length, offsets };
}

/** What the model reads before the text of a file. */
function headerTokens(tokenizer: Pick<Tokenizer, 'encode' | 'special'>, basename: string): Uint32Array {
  return Uint32Array.of(tokenizer.special('<|path|>'), ...tokenizer.encode(Buffer.from(`${basename}\n`, 'utf8')));
}
