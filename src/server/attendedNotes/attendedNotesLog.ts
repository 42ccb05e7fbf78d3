import { DecoderView, ReadLog, type AppendOptions, type Decoder, type ModelConfig } from '../../engine';
import { AttendedCounts } from './counts';

/** The document that was attended to, as it was then. */
export interface AttendedSource {
  /** Key of the file. */
  key: string;
  uri: string;
  /** File name, as the model reads it. */
  name: string;
  /** Header and text, or a prefix of it up to the last note that was read. */
  tokens: Uint32Array;
  /** Header tokens among them, before the text. */
  headerTokens: number;
}

/** What was attended to in one document. */
export interface AttendedDocument {
  source: AttendedSource;
  reads: ReadLog;
}

/** A completion that was offered. Line and character are 0-based. */
export interface Offered {
  text: string;
  line: number;
  character: number;
}

/**
 * What completions and answers attended to: the last of each in full, and counts per note. Watching a decoder costs next to
 * nothing (`ReadLog`), so every completion is watched; sums are computed after it was answered.
 */
export class AttendedNotesLog {
  completion: (AttendedDocument & { offered: Offered }) | undefined;
  answer: { question: string; files: AttendedDocument[] } | undefined;
  private pending: AttendedDocument | undefined;
  private readonly counts = new Map<string, AttendedCounts>();

  constructor(private readonly config: ModelConfig) {}

  /** How often the notes of a file were attended to; undefined when nothing was counted. */
  countsOf(key: string): AttendedCounts | undefined {
    return this.counts.get(key);
  }

  /** The decoder of a completion, watched from now on. */
  watchCompletion(source: AttendedSource, decoder: Decoder): Decoder {
    this.pending = { source, reads: new ReadLog(this.config) };
    return new WatchedDecoder(decoder, this.pending.reads);
  }

  /** The last watched completion was offered to the user. */
  completed(key: string, offered: Offered): void {
    const { pending } = this;
    if (pending?.source.key !== key) return;
    this.pending = undefined;
    this.completion = { ...pending, offered };
    // After the answer has been sent.
    setImmediate(() => this.count('completion', pending));
  }

  /**
   * Watches one question: `watch` returns the decoder to use for a document. Call `answered` at the end.
   */
  watchAnswer(question: string): {
    watch: (decoder: Decoder, source: AttendedSource) => Decoder;
    answered: () => void;
  } {
    const files = new Map<string, AttendedDocument>();
    return {
      watch: (decoder, source) => {
        const { reads } = files.get(source.key) ?? { reads: new ReadLog(this.config) };
        files.set(source.key, { source, reads });
        return new WatchedDecoder(decoder, reads);
      },
      answered: () => {
        const all = [...files.values()].filter(({ reads }) => reads.tokens > 0);
        this.answer = { question, files: all };
        setImmediate(() => {
          for (const file of all) this.count('answer', file);
        });
      },
    };
  }

  /** A file is gone or forgotten. */
  forget(key: string): void {
    this.counts.delete(key);
    if (this.completion?.source.key === key) this.completion = undefined;
    if (this.answer) {
      const files = this.answer.files.filter(({ source }) => source.key !== key);
      this.answer = files.length > 0 ? { ...this.answer, files } : undefined;
    }
  }

  private count(of: 'completion' | 'answer', { source, reads }: AttendedDocument): void {
    const counts = this.counts.get(source.key) ?? new AttendedCounts();
    this.counts.set(source.key, counts);
    counts.add(of, reads.reads(), source.tokens);
  }
}

/** Logs what it and its forks attend to: candidate lines that were not chosen attended to notes, too. */
class WatchedDecoder extends DecoderView {
  constructor(
    inner: Decoder,
    private readonly reads: ReadLog,
  ) {
    super(inner);
  }

  override append(ids: Uint32Array, options?: AppendOptions): Promise<void> {
    return this.inner.append(ids, { ...options, reads: this.reads });
  }

  fork(): Decoder {
    return new WatchedDecoder(this.inner.fork(), this.reads);
  }
}
