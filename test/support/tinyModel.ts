import { fileURLToPath } from 'node:url';
import { Engine } from '../../src/engine';

/** A model of the real architecture with random weights, small enough to run hundreds of blocks in a test. */
export const tinyModelDir = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

/** Like the tiny model, with an embedding for retrieval (models/training/config.py: test-embedding). */
export const tinyEmbeddingModelDir = fileURLToPath(new URL('../fixtures/tiny-embedding-model', import.meta.url));

export function openTinyEngine(modelDir = tinyModelDir): Promise<Engine> {
  return Engine.open({ modelDir, provider: 'cpu', threads: 1 });
}
