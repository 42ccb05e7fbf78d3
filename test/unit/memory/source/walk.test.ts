import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { walkFolder } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';
import { asOrdinaryUser } from '../../../support/user';

/** Makes a folder with the given files. */
async function tree(files: Record<string, string>): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

/** The walk with paths relative to the folder. */
async function walk(root: string, below = ''): Promise<{ files: string[]; skipped: Record<string, string> }> {
  const { files, skipped } = await walkFolder(join(root, below));
  const short = (path: string): string => path.slice(root.length + 1);
  return {
    files: files.map(short),
    skipped: Object.fromEntries(skipped.map(({ path, kind, why }) => [short(path), `${kind}: ${why}`])),
  };
}

describe('walkFolder', () => {
  it('applies nested .gitignore files, the deeper one winning', async () => {
    const root = await tree({
      '.gitignore': '*.log\n/build/\n',
      'a.ts': '',
      'a.log': '',
      'build/x.ts': '',
      'src/.gitignore': '!keep.log\nlocal.ts\n',
      'src/keep.log': '',
      'src/local.ts': '',
      'src/build/y.ts': '',
    });
    const { files, skipped } = await walk(root);
    expect(files).toEqual(['.gitignore', 'a.ts', 'src/.gitignore', 'src/build/y.ts', 'src/keep.log']);
    expect(skipped).toEqual({
      'a.log': 'gitignore: "*.log" in .gitignore',
      build: 'gitignore: "/build/" in .gitignore',
      'src/local.ts': 'gitignore: "local.ts" in .gitignore',
    });
  });

  it('lets .memmambaignore leave out more and re-include what git ignores', async () => {
    const root = await tree({
      '.gitignore': 'generated/\n*.txt\n',
      '.memmambaignore': '!generated/\n!node_modules/\nold/\n',
      'generated/api.ts': '',
      'generated/deep/more.ts': '',
      'node_modules/p/index.js': '',
      'notes.txt': '',
      'old/x.ts': '',
    });
    const { files, skipped } = await walk(root);
    expect(files).toEqual([
      '.gitignore',
      '.memmambaignore',
      'generated/api.ts',
      'generated/deep/more.ts',
      'node_modules/p/index.js',
    ]);
    expect(skipped).toEqual({
      'notes.txt': 'gitignore: "*.txt" in .gitignore',
      old: 'memmambaignore: "old/" in .memmambaignore',
    });
  });

  it('applies the rules of the repository around the folder, unless they ignore the folder itself', async () => {
    const root = await tree({
      '.git/HEAD': '',
      '.git/info/exclude': 'private.ts\n',
      '.gitignore': '*.gen.ts\nvendor/\n',
      'src/a.gen.ts': '',
      'src/a.ts': '',
      'src/private.ts': '',
      'vendor/lib/b.gen.ts': '',
    });
    expect((await walk(root, 'src')).files).toEqual(['src/a.ts']);
    expect((await walk(root, 'vendor/lib')).files).toEqual(['vendor/lib/b.gen.ts']);
  });

  it('leaves out version control, installed packages, caches and secrets, each with its reason', async () => {
    const root = await tree({
      '.git/config': '',
      'node_modules/p/index.js': '',
      'target/CACHEDIR.TAG': '',
      'target/x.rs': '',
      '.env': 'A=1',
      'deploy/server.key': '',
      'deploy/.env.example': '',
      'main.rs': '',
    });
    const { files, skipped } = await walk(root);
    expect(files).toEqual(['deploy/.env.example', 'main.rs']);
    expect(Object.keys(skipped).sort()).toEqual(['.env', '.git', 'deploy/server.key', 'node_modules', 'target']);
    expect(skipped['.env']).toMatch(/^secret: looks like a secret \(\.env\)/);
    expect(skipped['target']).toBe('cache: marked as a cache by CACHEDIR.TAG');
  });

  it('cannot be led into a secret by a re-including rule', async () => {
    const root = await tree({ '.memmambaignore': '!.env\n', '.env': 'A=1' });
    expect((await walk(root)).files).toEqual(['.memmambaignore']);
  });

  it('does not follow links, so a loop ends', async () => {
    const root = await tree({ 'src/a.ts': '' });
    await symlink(root, join(root, 'src/up'));
    await symlink('a.ts', join(root, 'src/b.ts'));
    const { files, skipped } = await walk(root);
    expect(files).toEqual(['src/a.ts']);
    expect(skipped['src/up']).toMatch(/^link: a symbolic link to .*; links are not followed$/);
    expect(skipped['src/b.ts']).toMatch(/^link: a symbolic link to a\.ts/);
  });

  it('reports a folder without permission and goes on', async () => {
    const root = await tree({ 'closed/a.ts': '', 'open/b.ts': '' });
    await chmod(root, 0o755);
    await chmod(join(root, 'closed'), 0o000);
    await asOrdinaryUser(async () => {
      const { files, skipped } = await walk(root);
      expect(files).toEqual(['open/b.ts']);
      expect(skipped).toEqual({ closed: 'permission: permission denied' });
      await expect(walkFolder(join(root, 'closed'))).rejects.toMatchObject({ code: 'no-permission' });
    });
    await chmod(join(root, 'closed'), 0o755);
  });

  it('throws for a folder that is not there, and stops when aborted', async () => {
    const root = await tree({ 'a.ts': '' });
    await expect(walkFolder(join(root, 'none'))).rejects.toMatchObject({ code: 'file-missing' });
    await expect(walkFolder(root, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});
