import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FileMemory, MemoryStore } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';
import { fileEngine, tinyEmbeddingModelDir } from '../../../support/tinyModel';

const engine = await fileEngine(tinyEmbeddingModelDir);

/** What all files below a folder hold. */
async function contents(folder: string): Promise<Buffer> {
  const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  const files = [];
  for (const path of paths) if ((await stat(path)).isFile()) files.push(await readFile(path));
  return Buffer.concat(files);
}

it('nothing in the store tells a path, a name or a word of what was read, neither before it is forgotten nor after', async () => {
  const folder = await temporaryFolder();
  const label = '/home/somebody/confidential/quarterly.ts';
  const bytes = Buffer.from('export const acquisitionOfZanzibar = 17;\n'.repeat(400));
  const store = await MemoryStore.open(folder);
  const reading = await new FileMemory(engine, store).read({ label, basename: 'quarterly.ts', bytes });
  expect(reading.checkpoints.length).toBeGreaterThan(0);
  const secrets = ['somebody', 'confidential', 'quarterly', 'acquisition', 'Zanzibar'];
  const found = async (): Promise<string[]> => {
    const all = await contents(folder);
    return secrets.filter((word) => all.includes(word) || all.includes(Buffer.from(word, 'utf16le')));
  };
  expect((await contents(folder)).length).toBeGreaterThan(100_000);
  expect(await found()).toEqual([]);
  expect(store.forget(label)).toBeGreaterThan(0);
  expect(await found()).toEqual([]);
  await store.close();
  expect(await found()).toEqual([]);
});
