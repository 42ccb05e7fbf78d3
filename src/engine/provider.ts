import { availableParallelism } from 'node:os';
import type { Logger } from '../common';
import { attemptProvider, type Arithmetic, type ModelFiles, type ProviderAttempt, type Working } from './attempt';
import { selfTestFailed } from './errors';
import type { ModelGraph } from './graph';
import { measureDecode, measurePrefill } from './selftest';
import type { Provider } from './session';

/** Where the model runs, and how that was decided. */
export interface ProviderReport {
  /** Reads complete blocks. */
  readonly provider: Provider;
  /** Writes token by token: launching hundreds of small kernels per token can make a GPU slower here. */
  readonly decodeProvider: Provider;
  /** Threads per operator, on the CPU. */
  readonly threads: number;
  readonly attempts: readonly ProviderAttempt[];
}

/** The graphs of an open model; both may be the same. */
export interface Graphs {
  readonly read: ModelGraph;
  readonly decode: ModelGraph;
}

export interface ProviderOptions {
  readonly provider: 'auto' | Provider;
  readonly arithmetic: Arithmetic;
  readonly threads?: number;
  readonly log: Logger;
  readonly race?: RaceRules;
}

/** When `auto` chooses the GPU. */
export interface RaceRules {
  /** Milliseconds per block; a GPU that needs more is one in name only (software rendering). */
  readonly patience: number;
  /** How much faster than the CPU it must be: it costs memory, start-up time and battery. */
  readonly advantage: number;
}

const usualRace: RaceRules = { patience: 1500, advantage: 1.2 };
/** The scan has few heads to distribute, so more threads do not help. */
const maxThreads = 4;

/**
 * Opens the model on the best provider. `auto` chooses WebGPU if it computes correctly and reads faster than the CPU in a short
 * race; `webgpu` chooses it without a race. Whenever it does not work, the CPU is used, with the reason in the report.
 * @throws UserError when no provider works: the CPU's own error, or `self-test-failed`.
 */
export async function chooseProvider(
  files: ModelFiles,
  options: ProviderOptions,
): Promise<Graphs & { report: ProviderReport }> {
  const threads = options.threads ?? Math.max(1, Math.min(maxThreads, availableParallelism()));
  const race = options.race ?? usualRace;
  const attempts: ProviderAttempt[] = [];
  const open = (provider: Provider, slowest = Infinity): Promise<Working | ProviderAttempt> =>
    attemptProvider(files, provider, { arithmetic: options.arithmetic, threads, slowest });
  const finish = (read: ModelGraph, decode = read): Graphs & { report: ProviderReport } => {
    for (const { provider, ok, reason } of attempts) {
      options.log.info(`${provider}: ${ok ? '' : 'not used, '}${reason}`);
    }
    const [provider, decodeProvider] = [read.session.provider, decode.session.provider];
    return { read, decode, report: { provider, decodeProvider, threads, attempts } };
  };

  const gpu =
    options.provider === 'cpu'
      ? undefined
      : await open('webgpu', options.provider === 'auto' ? race.patience : undefined);
  if (gpu !== undefined) attempts.push('graph' in gpu ? gpu.attempt : gpu);
  const gpuGraph = gpu !== undefined && 'graph' in gpu ? gpu.graph : undefined;
  if (gpuGraph !== undefined && options.provider === 'webgpu') return finish(gpuGraph);

  const cpu = await open('cpu');
  attempts.push('graph' in cpu ? cpu.attempt : cpu);
  if (!('graph' in cpu)) {
    if (gpuGraph !== undefined) return finish(gpuGraph);
    throw selfTestFailed(attempts.map(({ provider, reason }) => `${provider}: ${reason}`).join('; '));
  }
  if (gpuGraph === undefined) return finish(cpu.graph);

  const speeds = [await measurePrefill(gpuGraph, files.golden), await measurePrefill(cpu.graph, files.golden)] as const;
  attempts.forEach((attempt, i) => (attempts[i] = { ...attempt, tokensPerSecond: speeds[i]! }));
  const compared = `reads ${Math.round(speeds[0])} tokens/s against ${Math.round(speeds[1])} on the CPU`;
  attempts[0] = { ...attempts[0]!, reason: `${attempts[0]!.reason}, ${compared}` };
  if (speeds[0] < race.advantage * speeds[1]) {
    await gpuGraph.session.release();
    return finish(cpu.graph);
  }
  if ((await measureDecode(cpu.graph, files.golden)) <= (await measureDecode(gpuGraph, files.golden))) {
    return finish(gpuGraph, cpu.graph);
  }
  await cpu.graph.session.release();
  return finish(gpuGraph);
}
