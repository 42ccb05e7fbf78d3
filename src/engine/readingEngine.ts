import type { Measured } from '../common';
import type { ModelConfig } from './config';
import type { Decoder } from './decoder';
import type { Probe } from './fidelity/probe';
import type { JsonReader } from './json';
import type { LineWeights } from './lines';
import type { OtherFilesIndex, NgramMatcher, TokenIndex } from './ngram';
import type { ModelState } from './state';
import type { Tokenizer } from './tokenizer';

/** What the note layers computed for some tokens, kept or not. */
export interface WrittenNotes {
  readonly key: readonly Float32Array[];
  readonly value: readonly Float32Array[];
  readonly score: readonly Float32Array[];
}

/** A model that reads and writes: an `Engine`, or a view of one that schedules or watches its steps. */
export interface ReadingEngine {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Equal exactly when the model's files are equal. */
  readonly modelId: string;
  /** How this model chooses among candidate lines. */
  readonly lineWeights: LineWeights;
  /** Whether other files count in {@link ngramMatcher}. */
  readonly usesOtherFiles: boolean;

  /** The state before the first token; new arrays on each call. */
  initialState(): ModelState;

  /**
   * Reads exactly one block; `state` is unchanged. For more than one: `prefill`.
   * @param onEmbedding only for a model with an embedding: receives that of the block's tokens, [blockSize,
   * embeddingWidth]
   * @throws RangeError for another number of tokens.
   */
  readBlock(state: ModelState, ids: Uint32Array, onEmbedding?: (embedding: Float32Array) => void): Promise<ModelState>;

  /**
   * The embedding of the tokens after a state, at most one run of them; the state is unchanged. Only for a model with an
   * embedding.
   * @returns [T, embeddingWidth]
   */
  embed(state: ModelState, ids: Uint32Array): Promise<Float32Array>;

  /**
   * What the note layers compute for the tokens after a state, at most one run of them; the state is unchanged.
   * @returns per note layer: keys and values [T, noteWidth], scores [T]
   */
  observe(state: ModelState, ids: Uint32Array): Promise<WrittenNotes>;

  /** A decoder after `state` and `tail`; the state is unchanged. */
  decoder(state: ModelState, tail: Uint32Array): Promise<Decoder>;

  /**
   * Index of the tokens of a text, for {@link ngramMatcher}. @param prefix up to the cursor @param suffix from the cursor on
   */
  index(before: Uint32Array, suffix?: Uint32Array): TokenIndex;

  /**
   * N-gram matches for `generate`; undefined when no weights were fitted for this model.
   * @param otherFiles other files of the workspace
   */
  ngramMatcher(index: TokenIndex, otherFiles?: OtherFilesIndex): NgramMatcher | undefined;

  /**
   * The probe that ships with the model, or why there is none. Loaded on first use.
   * @throws UserError `model-file-missing` or `model-file-invalid`
   */
  probe(): Promise<Measured<Probe>>;

  /**
   * A JSON file in the model folder that was fitted to the model, or undefined when its manifest does not list it.
   * @throws UserError `model-file-missing` or `model-file-invalid`
   */
  beside(name: string): Promise<JsonReader | undefined>;
}

/** An engine that delegates to another one. Subclasses override what they change. */
export class EngineView implements ReadingEngine {
  constructor(protected readonly inner: ReadingEngine) {}

  get config(): ModelConfig {
    return this.inner.config;
  }

  get tokenizer(): Tokenizer {
    return this.inner.tokenizer;
  }

  get modelId(): string {
    return this.inner.modelId;
  }

  get lineWeights(): LineWeights {
    return this.inner.lineWeights;
  }

  get usesOtherFiles(): boolean {
    return this.inner.usesOtherFiles;
  }

  initialState(): ModelState {
    return this.inner.initialState();
  }

  readBlock(state: ModelState, ids: Uint32Array, onEmbedding?: (embedding: Float32Array) => void): Promise<ModelState> {
    return this.inner.readBlock(state, ids, onEmbedding);
  }

  embed(state: ModelState, ids: Uint32Array): Promise<Float32Array> {
    return this.inner.embed(state, ids);
  }

  observe(state: ModelState, ids: Uint32Array): Promise<WrittenNotes> {
    return this.inner.observe(state, ids);
  }

  decoder(state: ModelState, tail: Uint32Array): Promise<Decoder> {
    return this.inner.decoder(state, tail);
  }

  index(before: Uint32Array, suffix?: Uint32Array): TokenIndex {
    return this.inner.index(before, suffix);
  }

  ngramMatcher(index: TokenIndex, otherFiles?: OtherFilesIndex): NgramMatcher | undefined {
    return this.inner.ngramMatcher(index, otherFiles);
  }

  probe(): Promise<Measured<Probe>> {
    return this.inner.probe();
  }

  beside(name: string): Promise<JsonReader | undefined> {
    return this.inner.beside(name);
  }
}
