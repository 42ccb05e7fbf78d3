import { chmod, mkdir, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ignoredBecause, walkFolder } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';
import { asOrdinaryUser } from '../../../support/user';

/** Creates a folder with the given files. */
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
    expect(skipped['.env']).toMatch(/^secret: looks like a secret \(\*\.env\)/);
    expect(skipped['target']).toBe('cache: marked as a cache by CACHEDIR.TAG');
  });

  it('cannot be led into a secret by a re-including rule', async () => {
    const root = await tree({ '.memmambaignore': '!.env\n', '.env': 'A=1' });
    expect((await walk(root)).files).toEqual(['.memmambaignore']);
  });

  it('leaves further copies of a repository out, and reads the one that is opened', async () => {
    const root = await tree({
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/worktrees/one/commondir': '../..\n',
      '.git/modules/lib/HEAD': 'ref: refs/heads/main\n',
      '.git/modules/lib/info/exclude': 'private.ts\n',
      'a.ts': '',
      '.trees/one/.git': 'gitdir: ../../.git/worktrees/one\n',
      '.trees/one/a.ts': '',
      '.claude/worktrees/gone/a.ts': '',
      'lib/.git': 'gitdir: ../.git/modules/lib\n',
      'lib/b.ts': '',
      'lib/private.ts': '',
    });
    await writeFile(join(root, '.claude/worktrees/gone/.git'), `gitdir: ${root}/.git/worktrees/gone\n`);
    const { files, skipped } = await walk(root);
    expect(files).toEqual(['a.ts', 'lib/b.ts']);
    expect(skipped).toMatchObject({
      '.trees/one': expect.stringMatching(/^worktree: a linked worktree/),
      '.claude/worktrees/gone': expect.stringMatching(/^worktree: a linked worktree/),
      'lib/private.ts': 'gitignore: "private.ts" in .git/info/exclude',
    });
    expect((await walk(root, '.trees/one')).files).toEqual(['.trees/one/a.ts']);
    expect(await ignoredBecause(root, join(root, '.trees/one/a.ts'))).toMatchObject({ kind: 'worktree' });
    await writeFile(join(root, '.memmambaignore'), '!one/\n');
    expect((await walk(root)).files).toContain('.trees/one/a.ts');
  });

  it('reads all work trees where there is no main one', async () => {
    const root = await tree({
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/config': '[core]\n\tbare = true\n',
      '.git/worktrees/main/commondir': '../..\n',
      'main/.git': 'gitdir: ../.git/worktrees/main\n',
      'main/a.ts': '',
    });
    const above = await tree({});
    await rename(root, join(above, 'project'));
    expect((await walkFolder(above)).files).toEqual([join(above, 'project/main/a.ts')]);
  });

  it('leaves a folder with a walk of its own to that walk', async () => {
    const root = await tree({ 'a.ts': '', 'inner/b.ts': '', 'inner/deep/c.ts': '' });
    const { files } = await walkFolder(root, { except: [join(root, 'inner')] });
    expect(files).toEqual([join(root, 'a.ts')]);
  });

  it('applies the rules that the person has for all repositories', async () => {
    const root = await tree({
      'home/.gitconfig': '[user]\n\tname = A\n[core]\n\texcludesFile = "~/ignore" ; all\n',
      'home/ignore': '*.swp\n',
      'repository/.git/HEAD': 'ref: refs/heads/main\n',
      'repository/.git/config': '[core]\n\texcludesFile = /etc/hosts\n',
      'repository/a.swp': '',
      'repository/a.ts': '',
    });
    vi.stubEnv('HOME', join(root, 'home'));
    const { files, skipped } = await walk(root, 'repository');
    vi.unstubAllEnvs();
    expect(files).toEqual(['repository/a.ts']);
    expect(skipped['repository/a.swp']).toBe('gitignore: "*.swp" in your ignore file of git');
  });

  it('says so when an ignore file is too large to be applied', async () => {
    const root = await tree({ 'a.ts': '', 'a/.memmambaignore': 'b.ts\n'.repeat(1_000_000), 'a/b.ts': '' });
    await writeFile(join(root, '.gitignore'), '');
    await truncate(join(root, '.gitignore'), 1_000_000_000);
    const { files, skipped } = await walk(root);
    expect(files).toEqual(['a/b.ts', 'a.ts']);
    for (const name of ['.gitignore', 'a/.memmambaignore'])
      expect(skipped[name]).toMatch(/^too-large: its rules do not/);
    expect(await ignoredBecause(root, join(root, '.gitignore'))).toMatchObject({ kind: 'too-large' });
  });

  it.skipIf(process.platform !== 'linux')('says which names are not UTF-8', async () => {
    const root = await tree({ 'a.ts': '', '\ufffd.md': 'its name is as it looks' });
    for (const name of ['\xff.ts', 'caf\xe9', 'a\x80b.py']) {
      await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')]), 'x');
    }
    await mkdir(Buffer.concat([Buffer.from(`${root}/`), Buffer.from('d\xfe', 'latin1')]));
    const { files, skipped } = await walkFolder(root);
    expect(files).toEqual([join(root, 'a.ts'), join(root, '\ufffd.md')]);
    expect(skipped.map(({ kind, why }) => `${kind}: ${why}`)).toEqual(Array(4).fill('name: its name is not UTF-8'));
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
