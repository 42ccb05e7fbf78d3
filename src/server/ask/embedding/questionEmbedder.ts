import { normalize, RecencyCache } from '../../../common';
import type { ReadingEngine } from '../../../engine';

/** Cached questions: asking again, in another scope or after an edit, costs nothing. */
const REMEMBERED = 64;

/** What is needed to read a question. */
type QuestionEngine = Pick<ReadingEngine, 'config' | 'tokenizer' | 'initialState' | 'embed'>;

/** Runs work that takes turns of the model; cancelled by the signal before it starts. */
export type RunTask = <T>(work: (engine: QuestionEngine) => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Embeds questions: the model reads each one alone, from an empty state, in one run of at most a block. */
export class QuestionEmbedder {
  private readonly known = new RecencyCache<string, Float32Array>(REMEMBERED);

  private constructor(private readonly run: RunTask) {}

  /**
   * @param run default: immediately
   * @returns undefined for a model without an embedding
   */
  static of(engine: QuestionEngine, run: RunTask = (work) => work(engine)): QuestionEmbedder | undefined {
    return engine.config.embeddingWidth > 0 ? new QuestionEmbedder(run) : undefined;
  }

  /** The unit vector of a question. @throws the signal's reason */
  async embed(question: string, signal?: AbortSignal): Promise<Float32Array> {
    signal?.throwIfAborted();
    const known = this.known.get(question);
    const vector = known ?? (await this.run((engine) => this.read(engine, question), signal));
    signal?.throwIfAborted();
    this.known.set(question, vector);
    return vector;
  }

  private async read(engine: QuestionEngine, question: string): Promise<Float32Array> {
    const { tokenizer, config } = engine;
    const text = tokenizer.encode(Buffer.from(question, 'utf8')).subarray(0, config.runTokens - 1);
    const ids = Uint32Array.of(tokenizer.special('<|question|>'), ...text);
    const embedding = await engine.embed(engine.initialState(), ids);
    const sum = new Float64Array(config.embeddingWidth);
    for (let at = 0; at < embedding.length; at += sum.length) {
      for (let i = 0; i < sum.length; i++) sum[i]! += embedding[at + i]!;
    }
    normalize(sum);
    return Float32Array.from(sum);
  }
}
