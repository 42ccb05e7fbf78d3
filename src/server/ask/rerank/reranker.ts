import type { Engine } from '../../../engine';
import type { RunTask } from '../stream';

/** What a run consists of at most, in tokens: question (with the special token before it) and code. What is longer is cut. */
export const QUESTION_TOKENS = 80;
export const CODE_TOKENS = 160;

/** No token is longer, in characters: a long line need not be cut into tokens to its end. */
const LONGEST_TOKEN = 128;

/** Numbers that are remembered: asking again, in another scope or after an edit elsewhere, costs nothing. */
const REMEMBERED = 256;

/** Says how well code fits a question: every token of the code has read the question (a cross-encoder). */
export class Reranker {
  /** By the tokens of a run, most recently asked last. */
  private readonly known = new Map<string, number>();
  private readonly question: number;

  /**
   * @param engine a model with an embedding of width 1; it belongs to the reranker from now on
   * @param run takes turns with others: one task a place. Default: at once
   * @param remembered numbers that are kept
   * @throws RangeError for a model of another kind; the engine then stays the caller's
   */
  constructor(
    private readonly engine: Engine,
    private readonly run: RunTask = (work) => work(),
    private readonly remembered = REMEMBERED,
  ) {
    const { embeddingWidth, blockSize } = engine.config;
    if (embeddingWidth !== 1) throw new RangeError(`its embedding has width ${embeddingWidth} instead of 1`);
    const longest = QUESTION_TOKENS + CODE_TOKENS;
    if (blockSize < longest) throw new RangeError(`its blocks have ${blockSize} tokens, fewer than ${longest}`);
    this.question = engine.tokenizer.special('<|question|>');
  }

  /**
   * How well each place fits the question: any number, comparable among the places of one question only; 0 for a place without a
   * token, which is not run.
   *
   * @param codes the code of each place, without the documentation before it
   * @returns [codes]
   * @throws the signal's reason, between runs
   */
  async score(question: string, codes: readonly string[], signal?: AbortSignal): Promise<Float32Array> {
    signal?.throwIfAborted();
    const asked = [this.question, ...this.tokens(question, QUESTION_TOKENS - 1)];
    const numbers = new Float32Array(codes.length);
    for (const [i, code] of codes.entries()) {
      const tokens = this.tokens(code, CODE_TOKENS);
      if (tokens.length > 0) numbers[i] = await this.number(asked, tokens, signal);
      signal?.throwIfAborted();
    }
    return numbers;
  }

  /** Frees the model. Nothing may be running, and nothing can be asked afterwards. Again does nothing. */
  dispose(): Promise<void> {
    return this.engine.dispose();
  }

  private async number(asked: readonly number[], code: Uint32Array, signal?: AbortSignal): Promise<number> {
    const key = `${asked.join()}|${code.join()}`;
    const number = this.known.get(key) ?? (await this.run(() => this.read(asked, code), signal));
    this.known.delete(key);
    this.known.set(key, number);
    if (this.known.size > this.remembered) this.known.delete(this.known.keys().next().value!);
    return number;
  }

  /** One run: the mean of the embedding over the tokens of the code. */
  private async read(asked: readonly number[], code: Uint32Array): Promise<number> {
    const embedding = await this.engine.embed(this.engine.initialState(), Uint32Array.of(...asked, ...code));
    let sum = 0;
    for (let token = asked.length; token < embedding.length; token++) sum += embedding[token]!;
    return sum / code.length;
  }

  /** The first `most` tokens of a text. */
  private tokens(text: string, most: number): Uint32Array {
    return this.engine.tokenizer.encode(Buffer.from(text.slice(0, most * LONGEST_TOKEN), 'utf8')).subarray(0, most);
  }
}
