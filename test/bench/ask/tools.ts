import { basename, join } from 'node:path';
import { silentLogger } from '../../../src/common';
import type { Tokenizer } from '../../../src/engine';
import { Engine } from '../../../src/engine';
import { FileMemory, MemoryStore, type LineEmbeddings } from '../../../src/memory';
import {
  askWeights,
  openReranker,
  QuestionEmbedder,
  shippedWordVectors,
  SpanIndex,
  type AskOptions,
  type Reranker,
} from '../../../src/server';
import { VectorScorer } from '../../../src/server/ask/meaning';
import type { RankOptions } from '../../../src/server/ask/signals';
import { StreamScorer } from '../../../src/server/ask/stream';
import type { BenchOptions } from '../main';
import { cacheFolder } from './fetch';

/** Room for embeddings of some ten million tokens, so that the next run need not read them again; states may go. Bytes. */
const QUOTA = 1e9;

/** Numbers of the reranker that are kept: each arm of a comparison asks for mostly the same ones again. */
const REMEMBERED = 50_000;

/** The model as the bench needs it. Close it in any case. */
export class Tools {
  /** Tokens that the model read in this run, and the seconds that it took. */
  readonly read = { tokens: 0, seconds: 0 };
  private said = 0;

  private constructor(
    readonly tokenizer: Tokenizer,
    readonly engine: Engine,
    private readonly store: MemoryStore,
    private readonly memory: FileMemory,
    /** What the product asks with. */
    readonly asking: Required<Pick<AskOptions, 'weights' | 'questions' | 'reranker'>>,
    /** Undefined when the model has none. */
    readonly reranker: Reranker | undefined,
  ) {}

  static async open({ modelDir, provider, threads }: BenchOptions): Promise<Tools> {
    const runsOn = { provider, ...(threads !== undefined && { threads }) };
    const engine = await Engine.open({ modelDir, ...runsOn });
    const store = await MemoryStore.open(join(cacheFolder, 'read'), { quotaBytes: QUOTA });
    const weights = await askWeights(engine);
    const questions = QuestionEmbedder.of(engine);
    const log = { ...silentLogger, warn: (message: string) => console.warn(message) };
    const reranker = await openReranker(modelDir, { ...runsOn, log, remembered: REMEMBERED });
    const asking = { weights, questions, reranker: () => Promise.resolve(reranker) };
    return new Tools(engine.tokenizer, engine, store, new FileMemory(engine, store), asking, reranker);
  }

  /** Takes a file into an index as the product does: a model with an embedding reads it. */
  async add(index: SpanIndex, key: string, path: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await index.set(key, path, bytes, await this.embeddings({ label: key, basename: basename(path), bytes }));
  }

  /** How questions are compared with the spans of an index. */
  scorers(index: SpanIndex): Required<Pick<RankOptions, 'scorer' | 'stream'>> {
    const { questions } = this.asking;
    return {
      scorer: index.embedder && new VectorScorer(index.embedder),
      stream: questions && index.table && new StreamScorer(index.table, questions),
    };
  }

  newIndex(): SpanIndex {
    return new SpanIndex(shippedWordVectors());
  }

  async close(): Promise<void> {
    const { tokens, seconds } = this.read;
    if (tokens > 0) console.log(`the model read ${tokens} tokens in ${seconds.toFixed(0)} s`);
    await this.store.close();
    await this.reranker?.dispose();
    await this.engine.dispose();
  }

  private async embeddings(document: {
    label: string;
    basename: string;
    bytes: Uint8Array;
  }): Promise<LineEmbeddings | undefined> {
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
