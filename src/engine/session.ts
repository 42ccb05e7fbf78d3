/** The only file that calls the inference library: everything else sees names, shapes and typed arrays. */
import type * as Ort from 'onnxruntime-node';
import { basename } from 'node:path';
import { modelNotLoadable } from './errors';
import { loadOnnxRuntime, type OnnxRuntime } from './onnxRuntime';

/** Where a graph is computed. */
export type Provider = 'cpu' | 'webgpu';

export type TensorType = 'float32' | 'int32' | 'int64';

/** An input or output of a graph; a dimension with a name may have any size. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** A value to feed. The array is read in place: not copied and not written. */
export interface Feed {
  readonly name: string;
  readonly type: TensorType;
  readonly data: Float32Array | Int32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/**
 * One loaded graph on one provider. `run` computes on the calling thread although it returns a promise: callers keep runs short
 * (one block) and yield between them. All tensors are on the CPU side: reading a GPU buffer back aborts the process in
 * onnxruntime-node 1.30.
 */
export class GraphSession {
  private constructor(
    readonly file: string,
    readonly provider: Provider,
    readonly inputs: readonly TensorInfo[],
    readonly outputs: readonly TensorInfo[],
    private readonly session: Ort.InferenceSession,
    private readonly ort: OnnxRuntime,
  ) {}

  /**
   * @param file path of the .onnx file; its weights are in the same folder
   * @param threads threads per operator (CPU only)
   * @throws UserError `engine-unavailable` when the library does not load, `model-not-loadable` when the graph does not
   */
  static async open(file: string, provider: Provider, threads: number): Promise<GraphSession> {
    const ort = await loadOnnxRuntime();
    try {
      const session = await ort.InferenceSession.create(file, {
        executionProviders: [provider],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
        // Threads that spin between operators keep a core busy while the user types, and make runs no faster.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      return new GraphSession(
        file,
        provider,
        describe(session.inputMetadata),
        describe(session.outputMetadata),
        session,
        ort,
      );
    } catch (error) {
      throw modelNotLoadable(basename(file), provider, error);
    }
  }

  /** Computes the named outputs. The returned arrays belong to the caller. */
  async run(feeds: readonly Feed[], fetches: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const tensors: Record<string, Ort.Tensor> = {};
    for (const feed of feeds) tensors[feed.name] = new this.ort.Tensor(feed.type, feed.data, feed.dims);
    const results = await this.session.run(tensors, fetches);
    return new Map(fetches.map((name) => [name, results[name]!.data as Float32Array]));
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function describe(metadata: readonly Ort.InferenceSession.ValueMetadata[]): TensorInfo[] {
  return metadata.map((value) => ({
    name: value.name,
    type: value.isTensor ? value.type : 'not a tensor',
    shape: value.isTensor ? value.shape : [],
  }));
}
