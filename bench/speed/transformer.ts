import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphSession, type Feed } from '../../src/engine/session';

interface Shape {
  layers: number;
  keyHeads: number;
  headDim: number;
  vocabSize: number;
  parameters: number;
}

/** Keys and values of everything read so far, per layer [keyHeads, length, headDim]. */
export interface Cache {
  length: number;
  key: Float32Array[];
  value: Float32Array[];
}

/** A transformer of the same size with random weights, run by the same library with the same settings. */
export class SpeedTransformer {
  private constructor(
    readonly shape: Shape,
    private readonly session: GraphSession,
  ) {}

  /** @throws Error naming the command that builds the graph when it is missing */
  static async open(folder: string, threads: number): Promise<SpeedTransformer> {
    const file = join(folder, 'shape.json');
    if (!existsSync(file)) {
      throw new Error(`${folder} is not there: make it with memmamba-speed-transformer --out ${folder}`);
    }
    const session = await GraphSession.open(join(folder, 'model.cpu.onnx'), 'cpu', threads);
    return new SpeedTransformer(JSON.parse(readFileSync(file, 'utf8')) as Shape, session);
  }

  /** A cache of this length with random contents, like the weights: neither changes the time of a run. */
  cache(length: number): Cache {
    const { layers, keyHeads, headDim } = this.shape;
    const noise = (): Float32Array =>
      new Float32Array(keyHeads * length * headDim).map((_, i) => ((i * 2_654_435_761) % 1000) / 1000 - 0.5);
    const make = (): Float32Array[] => Array.from({ length: layers }, noise);
    return { length, key: make(), value: make() };
  }

  static bytes({ key, value }: Cache): number {
    return [...key, ...value].reduce((sum, array) => sum + array.byteLength, 0);
  }

  /**
   * Runs `ids` after a cache and returns logits of the last token and the grown cache, as further reading or writing
   * needs them.
   */
  async run(cache: Cache, ids: Uint32Array): Promise<Cache> {
    const { layers, keyHeads, headDim } = this.shape;
    const length = cache.length + ids.length;
    const feeds: Feed[] = [
      { name: 'input_ids', type: 'int32', data: Int32Array.from(ids), dims: [1, ids.length] },
      { name: 'logit_positions', type: 'int64', data: BigInt64Array.of(BigInt(ids.length - 1)), dims: [1] },
      { name: 'seen', type: 'int32', data: Int32Array.of(length - 1), dims: [1] },
      { name: 'total', type: 'int32', data: Int32Array.of(length), dims: [1] },
    ];
    const fetches = ['logits'];
    const all = Array.from({ length: layers }, (_, i) => i);
    for (const i of all) {
      for (const [name, arrays] of [['key', cache.key] as const, ['value', cache.value] as const]) {
        const dims = [1, keyHeads, cache.length, headDim];
        feeds.push({ name: `past_${name}.${i}`, type: 'float32', data: arrays[i]!, dims });
        fetches.push(`present_${name}.${i}`);
      }
    }
    const out = await this.session.run(feeds, fetches);
    const list = (name: string): Float32Array[] => all.map((i) => out.get(`present_${name}.${i}`)!);
    return { length, key: list('key'), value: list('value') };
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
