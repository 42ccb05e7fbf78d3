import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageNatives } from '../../../scripts/natives.mjs';
import { entries, notices, packageFolder, type Notice } from '../../../scripts/notices.mjs';
import { hostTarget } from '../../../scripts/targets.mjs';

const { bundledInputs } = createRequire(import.meta.url)('../../../esbuild.js') as {
  bundledInputs(): Promise<Map<string, string[]>>;
};

/** Packages in a `node_modules`, scoped ones with their scope. */
function packagesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

describe('third-party notices', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'memmamba-notices-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  let sections: Record<string, Notice[]> = {};
  let all: Notice[] = [];
  beforeAll(async () => {
    sections = await entries();
    all = Object.values(sections).flat();
  });

  it('name every package that a bundle holds a file of', async () => {
    const inputs = [...(await bundledInputs()).values()].flat().filter((path) => path.includes('node_modules/'));
    expect(inputs.length).toBeGreaterThan(100);
    const folders = new Set(all.map(({ folder }) => folder));
    expect(inputs.filter((path) => !folders.has(packageFolder(path)))).toEqual([]);
  });

  it('name every native package that is staged', () => {
    stageNatives(hostTarget, scratch);
    const named = new Set(all.map(({ name }) => name));
    // The binary of lmdb for one platform is a package of its own, built from lmdb's sources under lmdb's licence.
    const missing = packagesIn(scratch).filter((name) => !named.has(name.replace(/^@lmdb\/lmdb-.*/, 'lmdb')));
    expect(missing).toEqual([]);
  });

  it('hold the text of each licence', () => {
    expect(all.filter(({ text }) => text.length < 200).map(({ name }) => name)).toEqual([]);
  });

  it('are one text with every name in it', () => {
    const text = notices(sections);
    expect(all.filter(({ name }) => !text.includes(name))).toEqual([]);
  });

  it('finds the innermost package of a file', () => {
    expect(packageFolder('node_modules/@a/b/node_modules/c/x.js')).toBe('node_modules/@a/b/node_modules/c');
    expect(packageFolder('src/extension.ts')).toBeUndefined();
  });
});
