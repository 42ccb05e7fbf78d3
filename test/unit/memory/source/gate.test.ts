import { link, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ignoredBecause, readSource } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';

/** A workspace folder with some files, and one outside of it. */
async function workspace(): Promise<{ root: string; outside: string }> {
  const root = await temporaryFolder();
  const outside = await temporaryFolder();
  await mkdir(join(root, 'src'));
  await writeFile(join(root, 'src/a.ts'), 'let a = 1;\n');
  await writeFile(join(root, '.env'), 'TOKEN=1\n');
  await writeFile(join(outside, 'b.ts'), 'let b = 1;\n');
  return { root, outside };
}

describe('the gate for files', () => {
  it('lets no link out of the folders, neither of a file nor of a folder above it', async () => {
    const { root, outside } = await workspace();
    await symlink(join(outside, 'b.ts'), join(root, 'b.ts'));
    await symlink(outside, join(root, 'out'));
    await symlink('b.ts', join(root, 'c.ts'));
    for (const name of ['b.ts', 'out/b.ts', 'c.ts']) {
      const path = join(root, name);
      await expect(readSource(path, { within: [root] })).rejects.toMatchObject({ code: 'file-outside' });
      expect(await ignoredBecause(root, path)).toMatchObject({ path, kind: 'link' });
      expect(await ignoredBecause(root, path, [root])).toMatchObject({ path, kind: 'link' });
      // What the person names is read wherever it is, and where it is another folder of the workspace.
      expect(Buffer.from((await readSource(path)).bytes).toString()).toBe('let b = 1;\n');
      expect(await ignoredBecause(root, path, [root, outside])).toBeUndefined();
    }
    expect(await ignoredBecause(root, join(root, 'out', 'not yet.ts'), [root])).toMatchObject({ kind: 'link' });
  });

  it('takes a workspace folder that is itself reached by a link for what it is', async () => {
    const { root, outside } = await workspace();
    const shown = join(outside, 'shown');
    await symlink(root, shown);
    expect(await ignoredBecause(shown, join(shown, 'src/a.ts'))).toBeUndefined();
    expect((await readSource(join(shown, 'src/a.ts'), { within: [shown] })).basename).toBe('a.ts');
  });

  it('follows a link within the folder for a document that was opened, and in no other case', async () => {
    const { root } = await workspace();
    await symlink('src/a.ts', join(root, 'inside.ts'));
    expect(await ignoredBecause(root, join(root, 'inside.ts'), [root])).toBeUndefined();
    expect(await ignoredBecause(root, join(root, 'inside.ts'))).toMatchObject({ kind: 'link' });
  });

  it('knows a secret by each of its names', async () => {
    const { root, outside } = await workspace();
    await symlink('.env', join(root, 'link.txt'));
    await link(join(root, '.env'), join(root, 'src/hard.txt'));
    for (const name of ['link.txt', 'src/hard.txt']) {
      const path = join(root, name);
      await expect(readSource(path, { within: [root] })).rejects.toMatchObject({ code: 'file-secret' });
      expect(await ignoredBecause(root, path)).toMatchObject({ kind: 'secret' });
      expect(await ignoredBecause(root, path, [root])).toMatchObject({ kind: 'secret' });
    }
    // A file that the person names may have its secret name beside it.
    await writeFile(join(outside, 'server.key'), 'key\n');
    await link(join(outside, 'server.key'), join(outside, 'notes.txt'));
    await expect(readSource(join(outside, 'notes.txt'))).rejects.toMatchObject({ code: 'file-secret' });
  });

  it('reads a file of several harmless names, until one of them becomes that of a secret', async () => {
    const { root } = await workspace();
    await link(join(root, 'src/a.ts'), join(root, 'src/b.ts'));
    expect(await ignoredBecause(root, join(root, 'src/a.ts'))).toBeUndefined();
    await rename(join(root, 'src/b.ts'), join(root, 'src/b.key'));
    await expect(readSource(join(root, 'src/a.ts'), { within: [root] })).rejects.toMatchObject({ code: 'file-secret' });
  });

  it('takes no rules from a link to an ignore file', async () => {
    const { root, outside } = await workspace();
    await writeFile(join(outside, 'rules'), 'src/\n');
    await symlink(join(outside, 'rules'), join(root, '.gitignore'));
    expect(await ignoredBecause(root, join(root, 'src/a.ts'))).toBeUndefined();
  });
});
