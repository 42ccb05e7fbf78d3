import type { AttentionMass } from './attention';
import type { ReadLog } from './reads';

/** What reading some tokens is asked for besides. */
export interface AppendOptions {
  /** What the tokens look at is added here. */
  readonly attention?: AttentionMass;
  /** What the tokens look at is added to this log. */
  readonly reads?: ReadLog;
  /** False: several tokens at once are more of the text and no prompt. */
  readonly selectsNotes?: boolean;
  /** What holds for archived notes holds for all notes. */
  readonly focused?: boolean;
  /**
   * The word that the prompt ends in, where it is held back to be written anew ({@link Tokenizer.heldBackLength}): it is not read, but what is
   * looked up is looked up for the prompt with it. A name that is asked for is such a word.
   */
  readonly heldBack?: Uint32Array;
}

/** Continues a text token by token from a state. What it computes is never kept as a state. */
export interface Decoder {
  /** Document position of the next token. */
  readonly position: number;
  /** Whether any token has been run, so that there are logits. */
  readonly hasLogits: boolean;
  /** Logits [vocabSize] of the token after the last one. @throws Error before the first token. */
  readonly logits: Float32Array;

  /** An independent decoder at the same place. Arrays are shared until one of the two goes on. */
  fork(): Decoder;

  /**
   * Reads tokens. Several at once are a prompt: it looks at all archived notes first, and those that it looks at most are read from
   * then on.
   */
  append(ids: Uint32Array, options?: AppendOptions): Promise<void>;

  /**
   * How well a text goes on from here; the decoder stays where it is. Nothing is looked up in archives for it.
   * @returns natural log p(ids[t] | everything before), for each of them
   */
  predict(ids: Uint32Array): Promise<Float64Array>;
}

/** A decoder that passes everything on to another one: views of it override what they change, `fork` always. */
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
