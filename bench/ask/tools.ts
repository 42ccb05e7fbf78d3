import { basename, join } from 'node:path';
import type { Tokenizer } from '../../src/engine';
import { Engine } from '../../src/engine';
import { FileMemory, MemoryStore, type LineEmbeddings, type MemoryDocument } from '../../src/memory';
import { askWeights, QuestionEmbedder, shippedWordVectors, SpanIndex, type AskOptions } from '../../src/server';
import { EmbeddingScorer, VectorScorer } from '../../src/server/ask/rank';
import type { RankOptions } from '../../src/server/ask/rank/signals';
import type { BenchOptions } from '../options';
import { cacheFolder } from './fetch';

/**
 * Quota for embeddings of some ten million tokens, so that the next run need not read them again; states may be evicted.
 * Bytes.
 */
const QUOTA = 1e9;

/** The model as the bench needs it. Must be closed. */
export class Tools {
  /** Tokens that the model read in this run, and the time it took in seconds. */
  readonly read = { tokens: 0, seconds: 0 };
  private said = 0;

  private constructor(
    readonly tokenizer: Tokenizer,
    readonly engine: Engine,
    private readonly store: MemoryStore,
    private readonly memory: FileMemory,
    /** What the product uses for asking. */
    readonly asking: Required<Pick<AskOptions, 'weights' | 'questions'>>,
  ) {}

  static async open({ modelDir, provider, threads }: BenchOptions): Promise<Tools> {
    const engine = await Engine.open({ modelDir, provider, ...(threads !== undefined && { threads }) });
    const store = await MemoryStore.open(join(cacheFolder, 'read'), { quotaBytes: QUOTA });
    const weights = await askWeights(engine);
    const questions = QuestionEmbedder.of(engine);
    return new Tools(engine.tokenizer, engine, store, new FileMemory(engine, store), { weights, questions });
  }

  /** Adds a file to an index as the product does: a model with an embedding reads it. */
  async add(index: SpanIndex, key: string, path: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await index.set(key, path, bytes, await this.embeddings({ label: key, basename: basename(path), bytes }));
  }

  /** The scorers that compare questions with the spans of an index. */
  scorers(index: SpanIndex): Required<Pick<RankOptions, 'scorer' | 'embeddingScorer'>> {
    const { questions } = this.asking;
    return {
      scorer: index.embedder && new VectorScorer(index.embedder),
      embeddingScorer: questions && index.table && new EmbeddingScorer(index.table, questions),
    };
  }

  newIndex(): SpanIndex {
    return new SpanIndex(shippedWordVectors());
  }

  async close(): Promise<void> {
    const { tokens, seconds } = this.read;
    if (tokens > 0) console.log(`the model read ${tokens} tokens in ${seconds.toFixed(0)} s`);
    await this.store.close();
    await this.engine.dispose();
  }

  /** The model's embeddings of a document, which is read if necessary. Undefined for a model without an embedding. */
  async embeddings(document: MemoryDocument): Promise<LineEmbeddings | undefined> {
    if (this.asking.questions === undefined) return undefined;
    const stored = this.memory.embeddings(document);
    if (stored !== undefined) return stored;
    const started = performance.now();
    const { embeddings, readTokens, tail } = await this.memory.read(document);
    this.read.tokens += readTokens + tail.length;
    this.read.seconds += (performance.now() - started) / 1000;
    if (this.read.seconds > this.said + 60) {
      this.said = this.read.seconds;
      console.log(`  ... the model has read ${this.read.tokens} tokens in ${this.said.toFixed(0)} s`);
    }
    return embeddings;
  }
}
