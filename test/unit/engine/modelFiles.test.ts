import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/common';
import { Engine, loadManifest, verifyFiles } from '../../../src/engine';
import { tinyModel, withModelCopy } from './model';

/** Opens a model that must not open, and returns the user error. */
async function failure(modelDir: string): Promise<UserError> {
  const error: unknown = await Engine.open({ modelDir, provider: 'cpu', threads: 1 }).then(
    async (engine) => {
      await engine.dispose();
      return undefined;
    },
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  const { exitCode, hint } = error as UserError;
  expect(exitCode).toBe(4);
  expect(hint).toMatch(/\.$/);
  return error as UserError;
}

/** Changes a JSON file of a model and updates the manifest to match. */
async function edit(modelDir: string, name: string, change: (value: Record<string, unknown>) => void): Promise<void> {
  const file = join(modelDir, name);
  const value = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  change(value);
  await writeFile(file, JSON.stringify(value));
  if (name !== 'manifest.json') await seal(modelDir, name);
}

/** Writes a file's current size and hash into the manifest. */
async function seal(modelDir: string, name: string): Promise<void> {
  const content = await readFile(join(modelDir, name));
  const manifestFile = join(modelDir, 'manifest.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as { files: Record<string, unknown> };
  manifest.files[name] = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  await writeFile(manifestFile, JSON.stringify(manifest));
}

describe('a damaged model', () => {
  it('with altered weights is refused before it loads', () =>
    withModelCopy(async (modelDir) => {
      const file = join(modelDir, 'weights.bin');
      const bytes = await readFile(file);
      bytes[1000]! ^= 1;
      await writeFile(file, bytes);
      const error = await failure(modelDir);
      expect(error.code).toBe('model-file-altered');
      expect(error.message).toContain(file);
    }));

  it('with a truncated file is refused, with both sizes', () =>
    withModelCopy(async (modelDir) => {
      const file = join(modelDir, 'weights.bin');
      const { size } = await stat(file);
      await truncate(file, size - 100);
      const error = await failure(modelDir);
      expect(error.code).toBe('model-file-truncated');
      expect(error.message).toContain(`${size - 100} bytes where its manifest says ${size}`);
    }));

  it.each(['weights.bin', 'model.cpu.onnx', 'golden.json', 'manifest.json'])('without %s is refused', (name) =>
    withModelCopy(async (modelDir) => {
      await rm(join(modelDir, name));
      const error = await failure(modelDir);
      expect(error.code).toBe('model-file-missing');
      expect(error.message).toContain(join(modelDir, name));
    }),
  );

  it('in a folder that is not there is refused', () =>
    withModelCopy(async (modelDir) => {
      await rename(modelDir, `${modelDir}2`);
      expect((await failure(modelDir)).code).toBe('model-file-missing');
    }));

  it('with a file that cannot be read is refused, with the reason', () =>
    withModelCopy(async (modelDir) => {
      const file = join(modelDir, 'manifest.json');
      await rm(file);
      await mkdir(file);
      const error = await failure(modelDir);
      expect(error.code).toBe('model-file-unreadable');
      expect(error.message).toMatch(/manifest\.json cannot be read: .*EISDIR/);
    }));

  it('with a graph that is no graph is refused', () =>
    withModelCopy(async (modelDir) => {
      await writeFile(join(modelDir, 'model.cpu.onnx'), 'not a graph');
      await seal(modelDir, 'model.cpu.onnx');
      expect((await failure(modelDir)).code).toBe('model-not-loadable');
    }));

  it('with weights of another training fails its self-test', () =>
    withModelCopy(async (modelDir) => {
      const file = join(modelDir, 'weights.bin');
      await writeFile(
        file,
        (await readFile(file)).map((byte, i) => (i < 65_536 ? (byte * 7) & 63 : byte)),
      );
      await seal(modelDir, 'weights.bin');
      const error = await failure(modelDir);
      expect(error.code).toBe('self-test-failed');
      expect(error.message).toMatch(/cpu: self-test failed \(error .*, allowed/);
    }));
});

describe('config.json', () => {
  it.each<[string, unknown, string]>([
    ['note_heads', 8, 'model-shape-mismatch'],
    ['archive_size', -1, 'model-file-invalid'],
    ['hidden_size', 256, 'model-file-invalid'],
    ['num_hidden_layers', 5, 'model-shape-mismatch'],
    ['note_layers', [0, 3], 'model-shape-mismatch'],
    ['note_layers', [], 'model-file-invalid'],
    ['note_layers', [3, 1], 'model-file-invalid'],
    ['cross_layers', [2], 'model-file-invalid'],
    ['note_head_dim', 16, 'model-shape-mismatch'],
    ['vocab_size', 1024, 'model-file-invalid'],
    ['state_size', 'many', 'model-file-invalid'],
    ['notes_per_block', 1000, 'model-file-invalid'],
    ['model_type', 'llama', 'model-file-invalid'],
    ['replacement', 'fifo', 'model-file-invalid'],
  ])('with %s = %j is refused (%s %s)', (key, value, code) =>
    withModelCopy(async (modelDir) => {
      await edit(modelDir, 'config.json', (config) => (config[key] = value));
      const error = await failure(modelDir);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(/config\.json|tokenizer\.json/);
    }),
  );

  it('names the tensor that does not fit', () =>
    withModelCopy(async (modelDir) => {
      await edit(modelDir, 'config.json', (config) => (config['note_head_dim'] = 16));
      expect((await failure(modelDir)).message).toMatch(/past_shift\.1 is \[1, 1, 128\], not \[1, 1, 64\]/);
    }));
});

describe('golden.json', () => {
  it.each<[string, (golden: Record<string, unknown>) => void]>([
    ['with positions outside the text', (g) => (g['positions'] = [1, 100_000])],
    ['with a row of another length', (g) => ((g['int8'] as { logits: number[][] }).logits[0] = [1, 2])],
    ['with a row missing', (g) => (g['float'] as { logits: number[][] }).logits.pop()],
  ])('%s is refused', (_, change) =>
    withModelCopy(async (modelDir) => {
      await edit(modelDir, 'golden.json', change);
      const error = await failure(modelDir);
      expect(error.code).toBe('model-file-invalid');
      expect(error.message).toContain('golden.json');
    }),
  );
});

describe('manifest.json', () => {
  it('verifies the shipped fixture, and its id depends on every file', () =>
    withModelCopy(async (modelDir) => {
      const original = await loadManifest(tinyModel);
      await verifyFiles(tinyModel, original);
      expect((await loadManifest(modelDir)).modelId).toBe(original.modelId);
      await edit(modelDir, 'golden.json', (golden) => (golden['note'] = 1));
      expect((await loadManifest(modelDir)).modelId).not.toBe(original.modelId);
    }));

  it.each<[string, (manifest: Record<string, unknown>) => void]>([
    ['of another format', (m) => (m['format'] = 2)],
    ['without files', (m) => delete m['files']],
    ['without the weights', (m) => delete (m['files'] as Record<string, unknown>)['weights.bin']],
    ['that leads elsewhere', (m) => ((m['files'] as Record<string, unknown>)['../secret'] = { bytes: 1, sha256: '0' })],
    [
      'with a hash that is none',
      (m) => ((m['files'] as Record<string, unknown>)['weights.bin'] = { bytes: 1, sha256: 'x' }),
    ],
  ])('%s is refused', (_, change) =>
    withModelCopy(async (modelDir) => {
      await edit(modelDir, 'manifest.json', change);
      const error = await failure(modelDir);
      expect(error.code).toBe('model-file-invalid');
      expect(error.message).toContain('manifest.json');
    }),
  );
});
