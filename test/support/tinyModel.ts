import { fileURLToPath } from 'node:url';
import { Engine } from '../../src/engine';

/** A model of the real architecture with random weights, small enough to run hundreds of blocks in a test. */
export const tinyModelDir = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

export function openTinyEngine(): Promise<Engine> {
  return Engine.open({ modelDir: tinyModelDir, provider: 'cpu', threads: 1 });
}
