import { join } from 'node:path';
import { UserError, describeError } from '../common';
import type { ModelConfig } from './config';
import type { Golden } from './golden';
import { ModelGraph } from './graph';
import { selfTest } from './selftest';
import { GraphSession, type Provider } from './session';
import { missingGraphicsDriver } from './vulkan';

/** One provider that was tried, and why it was chosen or rejected. */
export interface ProviderAttempt {
  readonly provider: Provider;
  /** Whether it works; a working one may still lose to a faster one. */
  readonly ok: boolean;
  readonly reason: string;
  /** Largest relative error against the golden vectors, if the test got that far. */
  readonly selfTestError?: number;
  /** Measured reading speed, if it was measured. */
  readonly tokensPerSecond?: number;
}

/**
 * How the CPU multiplies: `int8` is what ships; `float` is what a GPU does (8-bit weights, float activations), several times
 * slower, to measure what int8 costs.
 */
export type Arithmetic = 'int8' | 'float';

/** A model to open: its folder and what was read from it. */
export interface ModelFiles {
  readonly modelDir: string;
  readonly config: ModelConfig;
  readonly golden: Golden;
}

/** A graph that passed its self-test. */
export interface Working {
  readonly graph: ModelGraph;
  readonly attempt: ProviderAttempt;
}

/**
 * Opens and tests one provider. A WebGPU that does not work is recorded as an attempt with a reason; a CPU that does not load
 * throws, since there is no other fallback.
 * @param options.slowest maximum milliseconds per block
 */
export async function attemptProvider(
  { modelDir, config, golden }: ModelFiles,
  provider: Provider,
  { arithmetic, threads, slowest }: { arithmetic: Arithmetic; threads: number; slowest: number },
): Promise<Working | ProviderAttempt> {
  const isCpu = provider === 'cpu';
  const missing = isCpu ? undefined : await missingGraphicsDriver();
  if (missing !== undefined) return { provider, ok: false, reason: missing };
  let session: GraphSession | undefined;
  try {
    const int8 = isCpu && arithmetic === 'int8';
    session = await GraphSession.open(join(modelDir, `model.${int8 ? 'cpu' : 'gpu'}.onnx`), provider, threads);
    const graph = new ModelGraph(config, session);
    const test = await selfTest(graph, golden, int8 ? golden.int8 : golden.float, slowest);
    if (test.ok) {
      const reason = `self-test passed (error ${test.error.toExponential(1)})`;
      return { graph, attempt: { provider, ok: true, reason, selfTestError: test.error } };
    }
    await session.release();
    return { provider, ok: false, reason: `self-test ${test.reason}`, selfTestError: test.error };
  } catch (error) {
    await session?.release();
    if (isCpu || !recoverable(error)) throw error;
    return { provider, ok: false, reason: explain(error) };
  }
}

/** A missing library or a wrong model would fail on the CPU in the same way, so report it at once. */
function recoverable(error: unknown): boolean {
  return !(error instanceof UserError) || error.code === 'model-not-loadable';
}

function explain(error: unknown): string {
  const message = describeError(error instanceof UserError && error.cause !== undefined ? error.cause : error);
  return /no supported adapters|failed to get a webgpu adapter/i.test(message)
    ? 'no graphics adapter was found'
    : message.split(/\r?\n/, 1)[0]!;
}
