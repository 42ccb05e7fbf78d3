import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/engine';
import { heldOutFiles } from '../heldOut';
import { describeLength, type BenchOptions } from '../options';
import { readBlocks, stateBytes } from '../reading';
import { median } from '../statistics';
import { SpeedTransformer } from './transformer';

const LENGTHS = [1024, 4096, 16_384, 65_536];
const ROUNDS = 7;
/** Tokens written one by one per round. */
const WRITTEN = 4;

interface Row {
  length: number;
  /** Milliseconds per token while reading blocks after `length` tokens, and while writing there. */
  read: { ours: number; transformer: number; ratio: number };
  write: { ours: number; transformer: number; ratio: number };
  /** Bytes kept of the text. */
  memory: { ours: number; transformer: number };
}

/**
 * Time and memory by length, side by side with a transformer of the same size. They take turns, so that a busy machine slows both;
 * only ratios within one run are meaningful.
 */
export async function speed(options: BenchOptions): Promise<object> {
  if (options.provider !== 'cpu') throw new Error('speed compares on the CPU');
  const threads = options.threads ?? Math.max(1, Math.min(4, availableParallelism()));
  const engine = await Engine.open({ modelDir: options.modelDir, provider: 'cpu', threads });
  const transformer = await SpeedTransformer.open(join(__dirname, '../.cache/bench/transformer'), threads);
  const { blockSize, poolSize, notesPerBlock } = engine.config;
  const text = Buffer.concat(heldOutFiles().map(({ bytes }) => bytes));
  const ids = engine.tokenizer.encode(text);
  // Enough blocks to fill every pool: from there on, states no longer grow.
  const filled = (Math.ceil(poolSize / notesPerBlock) + 2) * blockSize;
  const { state } = await readBlocks(engine, engine.initialState(), ids.subarray(0, filled));
  if (state.pools.some(({ count }) => count < poolSize)) throw new Error('the pools are not full');
  const block = ids.subarray(filled, filled + blockSize);
  const rows: Row[] = [];
  for (const length of (options.lengths ?? LENGTHS).toSorted((a, b) => a - b)) {
    const cache = transformer.cache(length);
    const times = {
      ourRead: [] as number[],
      ourWrite: [] as number[],
      itsRead: [] as number[],
      itsWrite: [] as number[],
    };
    const time = async (into: number[], tokens: number, work: () => Promise<unknown>): Promise<void> => {
      const started = performance.now();
      await work();
      into.push((performance.now() - started) / tokens);
    };
    const decoder = await engine.decoder(state, block.subarray(0, 1));
    // The first round is a warm-up and is not counted.
    for (let round = 0; round <= ROUNDS; round++) {
      const fork = decoder.fork();
      await time(times.ourRead, blockSize, () => engine.readBlock(state, block));
      await time(times.itsRead, blockSize, () => transformer.run(cache, block));
      await time(times.ourWrite, WRITTEN, async () => {
        for (let i = 0; i < WRITTEN; i++) await fork.append(block.subarray(i, i + 1));
      });
      await time(times.itsWrite, WRITTEN, async () => {
        let grown = cache;
        for (let i = 0; i < WRITTEN; i++) grown = await transformer.run(grown, block.subarray(i, i + 1));
      });
    }
    const compare = (ours: number[], its: number[]): Row['read'] => {
      const [a, b] = [median(ours.slice(1)), median(its.slice(1))];
      return { ours: a, transformer: b, ratio: b / a };
    };
    const row: Row = {
      length,
      read: compare(times.ourRead, times.itsRead),
      write: compare(times.ourWrite, times.itsWrite),
      memory: { ours: stateBytes(state), transformer: SpeedTransformer.bytes(cache) },
    };
    rows.push(row);
    console.log(describeRow(row));
  }
  await engine.dispose();
  await transformer.release();
  return { cpu: cpus()[0]?.model, threads, parameters: transformer.shape.parameters, rows };
}

function describeRow({ length, read, write, memory }: Row): string {
  const times = ({ ours, transformer, ratio }: Row['read']): string =>
    `${ours.toFixed(2)} against ${transformer.toFixed(2)} ms per token (transformer ${ratio.toFixed(2)} times)`;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  return (
    `after ${describeLength(length)} tokens: reading ${times(read)}, writing ${times(write)}, ` +
    `keeps ${megabytes(memory.ours)} against ${megabytes(memory.transformer)} MB`
  );
}
