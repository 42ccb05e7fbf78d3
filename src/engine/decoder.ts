import type { AttentionMass } from './attention';
import type { ReadLog } from './reads';

/** Options for reading tokens. */
export interface AppendOptions {
  /** Adds the attention of these tokens to these sums. */
  readonly attention?: AttentionMass;
  /** What the tokens look at is added to this log. */
  readonly reads?: ReadLog;
  /** False: several tokens at once are more of the text, not a prompt. */
  readonly selectsNotes?: boolean;
  /** Selects among all notes, not only the archived ones. */
  readonly focused?: boolean;
  /**
   * The word at the end of the prompt that is held back to be written again ({@link Tokenizer.heldBackLength}). It is not read, but notes
   * are selected for the prompt including it: a requested name is often such a word.
   */
  readonly heldBack?: Uint32Array;
}

/** Continues a text token by token from a state. Its results are never kept as a state. */
export interface Decoder {
  /** Document position of the next token. */
  readonly position: number;
  /** Whether any token has been run, so that there are logits. */
  readonly hasLogits: boolean;
  /** Logits [vocabSize] for the next token. @throws Error before the first token. */
  readonly logits: Float32Array;

  /** An independent decoder at the same position. Arrays are shared until one of the two advances. */
  fork(): Decoder;

  /**
   * Reads tokens. Several at once are a prompt: it attends to all archived notes first, and those that receive the most attention
   * are read from then on.
   */
  append(ids: Uint32Array, options?: AppendOptions): Promise<void>;

  /**
   * How likely a text is as a continuation; the decoder is not moved. No archived notes are selected for it.
   * @returns natural log p(ids[t] | everything before), for each token
   */
  predict(ids: Uint32Array): Promise<Float64Array>;
}

/** A decoder that delegates to another one. Subclasses override what they change, and always `fork`. */
export abstract class DecoderView implements Decoder {
  constructor(protected readonly inner: Decoder) {}

  get position(): number {
    return this.inner.position;
  }

  get hasLogits(): boolean {
    return this.inner.hasLogits;
  }

  get logits(): Float32Array {
    return this.inner.logits;
  }

  abstract fork(): Decoder;

  append(ids: Uint32Array, options?: AppendOptions): Promise<void> {
    return this.inner.append(ids, options);
  }

  predict(ids: Uint32Array): Promise<Float64Array> {
    return this.inner.predict(ids);
  }
}
