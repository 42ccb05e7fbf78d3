import { join } from 'node:path';
import { silentLogger, type Logger, type Measured } from '../common';
import type { Arithmetic } from './attempt';
import { loadConfig, type ModelConfig } from './config';
import { Decoder } from './decoder';
import { modelFileInvalid } from './errors';
import { Probe } from './fidelity/probe';
import { loadGolden } from './golden';
import { infillFile, readInfill, type InfillSetting } from './infill';
import { linesFile, readLineWeights, type LineWeights } from './lines';
import { logProbs } from './logProbs';
import { Lookup, lookupFile, readLookupWeights, TokenIndex, type Elsewhere, type LookupWeights } from './lookup';
import type { JsonReader } from './json';
import { loadManifest, readBeside, verifyFiles, type Manifest } from './manifest';
import { prefill, readBlock, type PrefillOptions } from './prefill';
import { chooseProvider, type Graphs, type ProviderReport } from './provider';
import type { Provider } from './session';
import { initialState, type ModelState } from './state';
import { Tokenizer } from './tokenizer';

export interface EngineOptions {
  /** Folder with manifest.json and the files that it lists. */
  readonly modelDir: string;
  readonly provider?: 'auto' | Provider;
  /** Threads inside one operator on the CPU; default: the machine's, at most four. */
  readonly threads?: number;
  /** On the CPU; `float` only measures what the shipped `int8` costs. */
  readonly arithmetic?: Arithmetic;
  readonly log?: Logger;
}

/** What the note layers made of some tokens, kept or not. */
export interface WrittenNotes {
  readonly key: readonly Float32Array[];
  readonly value: readonly Float32Array[];
  readonly score: readonly Float32Array[];
}

/** A model that is ready to read and write. All its methods may run at the same time; each step blocks the thread shortly. */
export class Engine {
  private disposed = false;
  private loadedProbe: Promise<Measured<Probe>> | undefined;

  private constructor(
    readonly config: ModelConfig,
    readonly tokenizer: Tokenizer,
    /** Where the model runs, and why there. */
    readonly report: ProviderReport,
    /** Equal exactly when the model's files are equal. */
    readonly modelId: string,
    /** How this model is shown what stands behind a cursor. */
    readonly infill: InfillSetting,
    /** How this model chooses among lines that it could write. */
    readonly lineWeights: LineWeights,
    private readonly graphs: Graphs,
    private readonly files: { readonly modelDir: string; readonly manifest: Manifest },
    private readonly lookupWeights: LookupWeights | undefined,
  ) {}

  /**
   * Opens a model: compares every file with the manifest, loads the graph on the best provider and tests it.
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
    const lookup = readLookupWeights(await readBeside(modelDir, manifest, lookupFile));
    const infill = readInfill(await readBeside(modelDir, manifest, infillFile));
    const lines = readLineWeights(await readBeside(modelDir, manifest, linesFile));
    const files = { modelDir, manifest };
    return new Engine(config, tokenizer, report, manifest.modelId, infill, lines, graphs, files, lookup);
  }

  /** The state before the first token: new arrays at each call. */
  initialState(): ModelState {
    return initialState(this.config);
  }

  /**
   * Reads exactly one block; `state` stays as it was.
   * @param onEmbedding only for a model with an embedding: told that of the block's tokens, [blockSize, embeddingWidth]
   * @throws RangeError for another number of tokens.
   */
  readBlock(state: ModelState, ids: Uint32Array, onEmbedding?: (embedding: Float32Array) => void): Promise<ModelState> {
    return readBlock(this.graphs.read, state, ids, onEmbedding);
  }

  /**
   * Reads whole blocks, letting other work run in between.
   * @throws RangeError when `ids` are not whole blocks; signal.reason between blocks after an abort
   */
  prefill(state: ModelState, ids: Uint32Array, options: PrefillOptions = {}): Promise<ModelState> {
    return prefill(this.graphs.read, state, ids, options);
  }

  /**
   * The embedding of the tokens behind a state, at most a block of them; the state stays as it was. Only for a model that has one.
   * @returns [T, embeddingWidth]
   */
  async embed(state: ModelState, ids: Uint32Array): Promise<Float32Array> {
    const { blockSize, embeddingWidth } = this.config;
    if (ids.length > blockSize) throw new RangeError(`${ids.length} tokens are more than a block of ${blockSize}`);
    if (embeddingWidth === 0) throw new RangeError('this model has no embedding');
    return (await this.graphs.read.run({ ids, ...state }, { embedding: true })).embedding;
  }

  /**
   * A JSON file that lies beside the model and was fitted to it, or undefined when its manifest lists none of that name.
   * @throws UserError `model-file-missing` or `model-file-invalid`
   */
  beside(name: string): Promise<JsonReader | undefined> {
    return readBeside(this.files.modelDir, this.files.manifest, name);
  }

  /** Goes on behind `state` and `tail`; the state stays as it was. */
  decoder(state: ModelState, tail: Uint32Array): Promise<Decoder> {
    return Decoder.start(this.graphs.decode, state, tail);
  }

  /** What stands where in a text, for {@link lookup}. @param before up to the cursor @param behind from the cursor on */
  index(before: Uint32Array, behind?: Uint32Array): TokenIndex {
    return new TokenIndex(this.config.vocabSize, before, behind);
  }

  /** Whether other files count in {@link lookup}. */
  get looksElsewhere(): boolean {
    return this.lookupWeights?.workspace !== undefined;
  }

  /**
   * What `generate` takes to look up what was read; undefined when this model was not fitted for that.
   * @param elsewhere other files of the workspace
   */
  lookup(index: TokenIndex, elsewhere?: Elsewhere): Lookup | undefined {
    return this.lookupWeights && new Lookup(index, this.lookupWeights, elsewhere);
  }

  /**
   * Natural log p(ids[t] | state, ids before t) for t = 1 .. ids.length - 1, at index t - 1: for bits per byte.
   * @throws signal.reason between blocks after an abort
   */
  logProbs(state: ModelState, ids: Uint32Array, options: { signal?: AbortSignal } = {}): Promise<Float64Array> {
    return logProbs(this.graphs.read, state, ids, options.signal);
  }

  /**
   * What the note layers write for the tokens behind a state, at most a block of them; the state stays as it was.
   * @returns per note layer: keys and values [T, noteWidth], scores [T]
   */
  async observe(state: ModelState, ids: Uint32Array): Promise<WrittenNotes> {
    const {
      noteKey: key,
      noteValue: value,
      noteScore: score,
    } = await this.graphs.read.run({ ids, ...state }, { state: true });
    return { key, value, score };
  }

  /**
   * The probe that ships with the model, or why there is none. Loaded at the first call.
   * @throws UserError `model-file-missing` or `model-file-invalid`
   */
  probe(): Promise<Measured<Probe>> {
    this.loadedProbe ??= Probe.load(this.files.modelDir, this.files.manifest, this.config);
    return this.loadedProbe;
  }

  /** Frees the native session. Nothing may be running, and nothing can be run afterwards. Again does nothing. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await Promise.all([...new Set([this.graphs.read, this.graphs.decode])].map((graph) => graph.session.release()));
  }
}
