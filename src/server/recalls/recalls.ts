import { ReadLog, type Decoder, type Engine, type ModelConfig, type ModelState } from '../../engine';
import { RecallCounts } from './counts';

/** The document that was looked at, as it was then. */
export interface RecallSource {
  /** Key of the file. */
  key: string;
  uri: string;
  /** File name, as the model sees it. */
  name: string;
  /** Header and text, or its beginning up to where the notes that were read end. */
  tokens: Uint32Array;
}

/** What was looked at in one document. */
export interface Recalled {
  source: RecallSource;
  reads: ReadLog;
}

/** A completion that was offered. Line and character are 0-based. */
export interface Offered {
  text: string;
  line: number;
  character: number;
}

/**
 * What completions and answers looked at: the last of each in full, and counts per note. Watching a decoder costs next to nothing
 * (`ReadLog`), so every completion is watched; sums are made when it has been answered.
 */
export class Recalls {
  completion: (Recalled & { offered: Offered }) | undefined;
  answer: { question: string; files: Recalled[] } | undefined;
  /** Grows with everything that is counted. */
  revision = 0;
  private pending: Recalled | undefined;
  private readonly counts = new Map<string, RecallCounts>();

  constructor(private readonly config: ModelConfig) {}

  /** How often the notes of a file were recalled; undefined when nothing was counted. */
  countsOf(key: string): RecallCounts | undefined {
    return this.counts.get(key);
  }

  /** The decoder of a completion, watched from now on. */
  watchCompletion(source: RecallSource, decoder: Decoder): Decoder {
    this.pending = { source, reads: new ReadLog(this.config) };
    return watched(decoder, this.pending.reads);
  }

  /** The completion that was watched last was offered to the user. */
  completed(key: string, offered: Offered): void {
    const { pending } = this;
    if (pending?.source.key !== key) return;
    this.pending = undefined;
    this.completion = { ...pending, offered };
    // The answer goes out first.
    setImmediate(() => this.count('completion', pending));
  }

  /**
   * Watches one question. `engine` is to be used for it: its decoders that go on from the end of one of these documents are watched.
   * Call `answered` at the end.
   */
  watchAnswer(
    question: string,
    engine: Engine,
    documents: readonly { state: ModelState; source: RecallSource }[],
  ): { engine: Engine; answered: () => void } {
    const files = new Map<string, Recalled>();
    const decoder: Engine['decoder'] = async (state, tail) => {
      const made = await engine.decoder(state, tail);
      const source = documents.find((document) => document.state === state)?.source;
      if (source === undefined) return made;
      const file = files.get(source.key) ?? { source, reads: new ReadLog(this.config) };
      files.set(source.key, file);
      return watched(made, file.reads);
    };
    return {
      engine: Object.assign(Object.create(engine) as Engine, { decoder }),
      answered: () => {
        const all = [...files.values()].filter(({ reads }) => reads.tokens > 0);
        this.answer = { question, files: all };
        setImmediate(() => {
          for (const file of all) this.count('answer', file);
        });
      },
    };
  }

  /** A file is gone or to be forgotten. */
  forget(key: string): void {
    this.counts.delete(key);
    if (this.completion?.source.key === key) this.completion = undefined;
    if (this.answer) {
      const files = this.answer.files.filter(({ source }) => source.key !== key);
      this.answer = files.length > 0 ? { ...this.answer, files } : undefined;
    }
    this.revision++;
  }

  private count(of: 'completion' | 'answer', { source, reads }: Recalled): void {
    const counts = this.counts.get(source.key) ?? new RecallCounts();
    this.counts.set(source.key, counts);
    counts.add(of, reads.reads(), source.tokens);
    this.revision++;
  }
}

/** The same decoder; what it and its forks read from now on goes to the log: lines that were considered and not taken looked at notes, too. */
function watched(decoder: Decoder, reads: ReadLog): Decoder {
  const append: Decoder['append'] = (ids, options) => decoder.append(ids, { ...options, reads });
  const fork: Decoder['fork'] = () => watched(decoder.fork(), reads);
  return Object.assign(Object.create(decoder) as Decoder, { append, fork });
}
