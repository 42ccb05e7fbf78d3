import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';
import { Engine } from '../../src/engine';
import { installBeside } from '../../bench/besideModel';
import { temporaryFolder } from './folder';

/** A model of the real architecture with random weights, small enough to run hundreds of blocks in a test. */
export const tinyModelDir = fileURLToPath(new URL('../fixtures/tiny-model', import.meta.url));

/** Like the tiny model, with an embedding for retrieval (models/training/memmamba_training/model/presets.py: test-embedding). */
export const tinyEmbeddingModelDir = fileURLToPath(new URL('../fixtures/tiny-embedding-model', import.meta.url));

/** A copy of the tiny model with an additional fitted file, removed when the test ends. */
export async function tinyModelWith(name: string, content: object): Promise<string> {
  const folder = await temporaryFolder();
  await cp(tinyModelDir, folder, { recursive: true });
  installBeside(folder, name, content);
  return folder;
}

/** Notes per layer in the archive of {@link archiveEngine}: more than a block offers, and few enough to be full after some blocks. */
export const archiveSize = 40;

/** The engine of the tiny model with an archive, closed after the last test of the file. */
export async function archiveEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'memmamba-archive-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  await cp(tinyModelDir, folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as object;
  installBeside(folder, 'config.json', { ...config, archive_size: archiveSize });
  return fileEngine(folder);
}

/** Ordinary tokens of the tiny models, in no meaningful order. */
export const mixedTokens = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, i) => 20 + ((i * 7919) % 480));

export function openTinyEngine(modelDir = tinyModelDir): Promise<Engine> {
  return Engine.open({ modelDir, provider: 'cpu', threads: 1 });
}

/** An engine for all tests of a file, closed after the last of them: `const engine = await fileEngine();` at its top. */
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
