import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';
import { Engine } from '../../src/engine';
import { installBeside } from '../bench/besideModel';
import { temporaryFolder } from './folder';

/** A model of the real architecture with random weights, small enough to run hundreds of blocks in a test. */
export const tinyModelDir = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

/** Like the tiny model, with an embedding for retrieval (models/training/config.py: test-embedding). */
export const tinyEmbeddingModelDir = fileURLToPath(new URL('../fixtures/tiny-embedding-model', import.meta.url));

/** A copy of the tiny model with a file beside it that was fitted to it, gone when the test ends. */
export async function tinyModelWith(name: string, content: object): Promise<string> {
  const folder = await temporaryFolder();
  await cp(tinyModelDir, folder, { recursive: true });
  installBeside(folder, name, content);
  return folder;
}

/** Ordinary tokens of the tiny models, in no order that means anything. */
export const mixedTokens = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => 20 + ((i * 7919) % 480));

export function openTinyEngine(modelDir = tinyModelDir): Promise<Engine> {
  return Engine.open({ modelDir, provider: 'cpu', threads: 1 });
}

/** An engine for all tests of a file, closed behind the last of them: `const engine = await fileEngine();` at its top. */
export async function fileEngine(modelDir?: string): Promise<Engine> {
  const engine = await openTinyEngine(modelDir);
  afterAll(() => engine.dispose());
  return engine;
}

/** An engine that is closed with the test. */
export async function testEngine(modelDir?: string): Promise<Engine> {
  const engine = await openTinyEngine(modelDir);
  onTestFinished(() => engine.dispose());
  return engine;
}
