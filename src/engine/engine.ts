import { join } from 'node:path';
import { silentLogger, type Logger, type Measured } from '../common';
import type { Arithmetic } from './attempt';
import { loadConfig, type ModelConfig } from './config';
import type { Decoder } from './decoder';
import { modelFileInvalid } from './errors';
import { Probe } from './fidelity/probe';
import { loadGolden } from './golden';
import { linesFile, readLineWeights, type LineWeights } from './lines';
import { logProbs } from './logProbs';
import {
  NgramMatcher,
  ngramFile,
  readNgramWeights,
  TokenIndex,
  type OtherFilesIndex,
  type NgramWeights,
} from './ngram';
import type { JsonReader } from './json';
import { loadManifest, readBeside, verifyFiles, type Manifest } from './manifest';
import { ModelDecoder } from './modelDecoder';
import { chooseProvider, type Graphs, type ProviderReport } from './provider';
import { readBlock } from './readBlock';
import type { ReadingEngine, WrittenNotes } from './readingEngine';
import type { Provider } from './session';
import { initialState, type ModelState } from './state';
import { Tokenizer } from './tokenizer';

export interface EngineOptions {
  /** Folder with manifest.json and the files that it lists. */
  readonly modelDir: string;
  readonly provider?: 'auto' | Provider;
  /** Threads per operator on the CPU; default: the machine's cores, at most four. */
  readonly threads?: number;
  /** CPU only; `float` is for measuring what the shipped `int8` costs. */
  readonly arithmetic?: Arithmetic;
  readonly log?: Logger;
}

/** A model ready to read and write. All methods may be called concurrently; each step blocks the thread briefly. */
export class Engine implements ReadingEngine {
  private disposed = false;
  private loadedProbe: Promise<Measured<Probe>> | undefined;

  private constructor(
    readonly config: ModelConfig,
    readonly tokenizer: Tokenizer,
    /** Where the model runs, and why. */
    readonly report: ProviderReport,
    readonly modelId: string,
    readonly lineWeights: LineWeights,
    private readonly graphs: Graphs,
    private readonly files: { readonly modelDir: string; readonly manifest: Manifest },
    private readonly ngramWeights: NgramWeights | undefined,
  ) {}

  /**
   * Opens a model: verifies every file against the manifest, loads the graph on the best provider and tests it.
   * @throws UserError naming the file or the reason, and the remedy
   */
  static async open(options: EngineOptions): Promise<Engine> {
    const { modelDir, log = silentLogger } = options;
    const manifest = await loadManifest(modelDir);
    await verifyFiles(modelDir, manifest);
    const config = await loadConfig(modelDir);
    const tokenizerFile = join(modelDir, 'tokenizer.json');
    const tokenizer = await Tokenizer.load(tokenizerFile);
    if (tokenizer.vocabSize !== config.vocabSize) {
      throw modelFileInvalid(
        tokenizerFile,
        `it has ${tokenizer.vocabSize} tokens where the model has ${config.vocabSize}`,
      );
    }
    const golden = await loadGolden(join(modelDir, 'golden.json'));
    const { report, ...graphs } = await chooseProvider(
      { modelDir, config, golden },
      {
        provider: options.provider ?? 'auto',
        arithmetic: options.arithmetic ?? 'int8',
        log,
        ...(options.threads === undefined ? {} : { threads: options.threads }),
      },
    );
    const ngramWeights = readNgramWeights(await readBeside(modelDir, manifest, ngramFile));
    const lines = readLineWeights(await readBeside(modelDir, manifest, linesFile));
    const files = { modelDir, manifest };
    return new Engine(config, tokenizer, report, manifest.modelId, lines, graphs, files, ngramWeights);
  }

  initialState(): ModelState {
    return initialState(this.config);
  }

  readBlock(state: ModelState, ids: Uint32Array, onEmbedding?: (embedding: Float32Array) => void): Promise<ModelState> {
    return readBlock(this.graphs.read, state, ids, onEmbedding);
  }

  async embed(state: ModelState, ids: Uint32Array): Promise<Float32Array> {
    const { runTokens, embeddingWidth } = this.config;
    if (ids.length > runTokens) throw new RangeError(`${ids.length} tokens are more than a run of ${runTokens}`);
    if (embeddingWidth === 0) throw new RangeError('this model has no embedding');
    return (await this.graphs.read.run({ ids, ...state }, { embedding: true })).embedding;
  }

  beside(name: string): Promise<JsonReader | undefined> {
    return readBeside(this.files.modelDir, this.files.manifest, name);
  }

  decoder(state: ModelState, tail: Uint32Array): Promise<Decoder> {
    return ModelDecoder.start(this.graphs.decode, state, tail);
  }

  index(prefix: Uint32Array, suffix?: Uint32Array): TokenIndex {
    return new TokenIndex(this.config.vocabSize, prefix, suffix);
  }

  get usesOtherFiles(): boolean {
    return this.ngramWeights?.workspace !== undefined;
  }

  ngramMatcher(index: TokenIndex, otherFiles?: OtherFilesIndex): NgramMatcher | undefined {
    return this.ngramWeights && new NgramMatcher(index, this.ngramWeights, otherFiles);
  }

  /**
   * Natural log p(ids[t] | state, ids before t) for t = 1 .. ids.length - 1, at index t - 1: for bits per byte.
   * @throws signal.reason between blocks after an abort
   */
  logProbs(state: ModelState, ids: Uint32Array, options: { signal?: AbortSignal } = {}): Promise<Float64Array> {
    return logProbs(this.graphs.read, state, ids, options.signal);
  }

  async observe(state: ModelState, ids: Uint32Array): Promise<WrittenNotes> {
    const {
      noteKey: key,
      noteValue: value,
      noteScore: score,
    } = await this.graphs.read.run({ ids, ...state }, { state: true });
    return { key, value, score };
  }

  probe(): Promise<Measured<Probe>> {
    this.loadedProbe ??= Probe.load(this.files.modelDir, this.files.manifest, this.config);
    return this.loadedProbe;
  }

  /** Frees the native session. Nothing may be running, and nothing can run afterwards. Idempotent. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await Promise.all([...new Set([this.graphs.read, this.graphs.decode])].map((graph) => graph.session.release()));
  }
}
