import {
  DecoderView,
  EngineView,
  type AppendOptions,
  type Decoder,
  type NgramMatcher,
  type ModelState,
  type ReadingEngine,
  type TokenIndex,
} from '../../src/engine';

/** Tokens given to one decoder. */
export interface Fed {
  /** Position of the state it started from. */
  from: number;
  /** Every token since then, including those before its fork. */
  ids: number[];
  /** Of those: tokens run in the decoder itself, not in the one it was forked from. */
  own: number;
}

/** Requests of completions to an engine, in order. */
export interface Recording {
  /** One entry for each decoder created from a state. */
  made: Fed[];
  /** One entry for each fork of a decoder. */
  forks: Fed[];
  /** Number of blocks read. */
  blocks: number;
  /** Texts whose probabilities were requested from decoders. */
  predicted: number[][];
  /** For each matcher: the text before the cursor that it searches, and the tokens it was advanced by. */
  lookups: { before: Uint32Array; pushed: number[] }[];
}

/**
 * The same engine; records everything that completions do with it. Its matches have no weight.
 * @param lineWeights how it chooses among lines
 */
export function recordingEngine(
  engine: ReadingEngine,
  lineWeights = engine.lineWeights,
): { engine: ReadingEngine; recording: Recording } {
  const recording: Recording = { made: [], forks: [], blocks: 0, predicted: [], lookups: [] };
  return { engine: new RecordedEngine(engine, recording, lineWeights), recording };
}

class RecordedEngine extends EngineView {
  constructor(
    inner: ReadingEngine,
    private readonly recording: Recording,
    private readonly ownLineWeights: ReadingEngine['lineWeights'],
  ) {
    super(inner);
  }

  override get lineWeights(): ReadingEngine['lineWeights'] {
    return this.ownLineWeights;
  }

  override readBlock(...args: Parameters<ReadingEngine['readBlock']>): Promise<ModelState> {
    this.recording.blocks++;
    return this.inner.readBlock(...args);
  }

  override async decoder(state: ModelState, tail: Uint32Array): Promise<Decoder> {
    const fed: Fed = { from: state.position, ids: [...tail], own: tail.length };
    this.recording.made.push(fed);
    return new RecordedDecoder(await this.inner.decoder(state, tail), this.recording, fed);
  }

  override ngramMatcher({ prefix }: TokenIndex): NgramMatcher {
    const entry = { before: prefix, pushed: [] as number[] };
    this.recording.lookups.push(entry);
    const watched = (pushed: number[]): Pick<NgramMatcher, 'push' | 'blend' | 'fork'> => ({
      push: (...ids) => void pushed.push(...ids),
      blend: (logits) => logits,
      fork: () => watched([...pushed]) as NgramMatcher,
    });
    return watched(entry.pushed) as NgramMatcher;
  }
}

class RecordedDecoder extends DecoderView {
  constructor(
    inner: Decoder,
    private readonly recording: Recording,
    private readonly fed: Fed,
  ) {
    super(inner);
  }

  override append(ids: Uint32Array, options?: AppendOptions): Promise<void> {
    this.fed.ids.push(...ids);
    this.fed.own += ids.length;
    return this.inner.append(ids, options);
  }

  override predict(ids: Uint32Array): Promise<Float64Array> {
    this.recording.predicted.push([...ids]);
    return this.inner.predict(ids);
  }

  fork(): Decoder {
    const fork: Fed = { ...this.fed, ids: [...this.fed.ids], own: 0 };
    this.recording.forks.push(fork);
    return new RecordedDecoder(this.inner.fork(), this.recording, fork);
  }
}
