import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AskResult, FileEntry, FileState, MemoryPanelResult } from '../../src/protocol';
import { temporaryFolder } from '../support/folder';
import { TestServer } from './client';
import { lines } from './text';

const names = (entries: FileEntry[]): string[] => entries.map(({ name }) => name);
const kindOf = (entries: FileEntry[], name: string): string | undefined => {
  const entry = entries.find((one) => one.name === name);
  return entry?.type === 'file' ? entry.state.kind : undefined;
};

describe('the workspace', () => {
  it('follows files that are made, written, renamed and deleted on disk', async () => {
    const folder = await temporaryFolder();
    const file = (name: string): string => join(folder, name);
    await writeFile(file('a.ts'), lines(5));
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    await server.ready();

    await writeFile(file('b.ts'), lines(6));
    await server.changedOnDisk([file('b.ts'), 'made']);
    await server.untilFiles((entries) => kindOf(entries, 'b.ts') === 'fresh');

    await writeFile(file('b.ts'), 'export const renewed = 1;\n');
    await rename(file('a.ts'), file('c.ts'));
    await server.changedOnDisk([file('b.ts'), 'written'], [file('a.ts'), 'deleted'], [file('c.ts'), 'made']);
    await server.untilFiles(
      (entries) =>
        names(entries).join() === 'b.ts,c.ts' && entries.every(({ name }) => kindOf(entries, name) === 'fresh'),
    );
    const renewed = { uri: pathToFileURL(file('b.ts')).href };
    const memory = await server.request<MemoryPanelResult>('memmamba/memoryPanel', renewed);
    expect(memory.viewModel?.bytes).toBe('export const renewed = 1;\n'.length);

    // Watchers report only the new folder itself.
    await mkdir(join(folder, 'deep', 'er'), { recursive: true });
    await writeFile(join(folder, 'deep', 'er', 'd.ts'), lines(4));
    await server.changedOnDisk([file('deep'), 'made']);
    await server.untilFiles(([first]) => first?.type === 'folder' && first.counts.fresh === 1);
    await rm(file('deep'), { recursive: true });
    await server.changedOnDisk([file('deep'), 'deleted']);

    await rm(file('c.ts'));
    await server.changedOnDisk([file('c.ts'), 'deleted']);
    await server.untilFiles((entries) => names(entries).join() === 'b.ts');
    await server.stop();
  });

  it.each([3000, 6000])(
    'reads a file of %i lines again that changed while it was read, and asks about the newest text only',
    async (count) => {
      const folder = await temporaryFolder();
      const path = join(folder, 'a.ts');
      await writeFile(path, lines(count));
      const server = await TestServer.start({ cache: await temporaryFolder(), folder });
      for (const round of [1, 2, 3]) {
        const scope = { kind: 'file', uri: pathToFileURL(path).href };
        await server.until(({ phase }) => phase.kind === 'reading' && phase.share > 0, 'reading');
        const before = server.request<AskResult>('memmamba/ask', { question: `What is renewed${round}?`, scope });
        await writeFile(path, `export const renewed${round} = ${round};\n`);
        await server.changedOnDisk([path, 'written']);
        const { fresh } = (await server.until(({ phase }) => phase.kind === 'ready', 'ready')).counts;
        expect(fresh).toBe(1);
        const asked = { question: `What is renewed${round}?`, scope };
        const after = await server.request<AskResult>('memmamba/ask', asked);
        expect(after.citations[0]).toMatchObject({
          line: 1,
          text: expect.stringContaining(`renewed${round}`) as string,
        });
        expect((await before).citations).toEqual(after.citations);
        await writeFile(path, `// ${round}\n${lines(count)}`);
        await server.changedOnDisk([path, 'written']);
      }
      await server.stop();
    },
  );

  it('reads of the workspace only what is asked for, when the user chose so', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.ts'), lines(5));
    await writeFile(join(folder, 'b.ts'), lines(5));
    const server = await TestServer.start({
      cache: await temporaryFolder(),
      folder,
      settings: { reading: { workspace: false } },
    });
    await server.until(({ counts, phase }) => counts.waiting === 2 && phase.kind === 'ready', 'two files unread');
    await server.request('memmamba/read', { uris: [pathToFileURL(join(folder, 'b.ts')).href] });
    await server.untilFiles((entries) => kindOf(entries, 'b.ts') === 'fresh');
    expect((await server.status()).counts).toMatchObject({ waiting: 1, fresh: 1 });
    await server.stop();
  });

  it('applies a changed ignore file at once', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.ts'), lines(5));
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    await server.ready();
    const rules = join(folder, '.memmambaignore');
    await writeFile(rules, 'a.ts\n');
    await server.changedOnDisk([rules, 'made']);
    await server.untilFiles((entries) => kindOf(entries, 'a.ts') === 'skipped');
    await writeFile(rules, '\n');
    await server.changedOnDisk([rules, 'written']);
    await server.untilFiles((entries) => kindOf(entries, 'a.ts') === 'fresh');
    await server.stop();
  });

  it('restores every file after a branch was switched there and back', async () => {
    const folder = await temporaryFolder();
    const count = 6;
    const write = (extra: string): Promise<unknown> =>
      Promise.all(
        Array.from({ length: count }, (_, i) => writeFile(join(folder, `f${i}.ts`), `${extra}// ${i}\n${lines(30)}`)),
      );
    const all = Array.from({ length: count }, (_, i): [string, 'written'] => [join(folder, `f${i}.ts`), 'written']);
    await write('');
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    // Identified by their lengths: a restore is too short to be observed.
    const freshOf = (entries: FileEntry[]): Extract<FileState, { kind: 'fresh' }>[] =>
      entries.flatMap((entry) => (entry.type === 'file' && entry.state.kind === 'fresh' ? [entry.state] : []));
    const lengths = (entries: FileEntry[]): number[] => freshOf(entries).map(({ tokens }) => tokens);
    const first = lengths(await server.untilFiles((entries) => freshOf(entries).length === count));
    await write('// other branch\n');
    await server.changedOnDisk(...all);
    await server.untilFiles((entries) => {
      const now = lengths(entries);
      return now.length === count && now.every((tokens, i) => tokens > first[i]!);
    });
    await write('');
    await server.changedOnDisk(...all);
    const back = freshOf(
      await server.untilFiles((entries) => {
        const now = lengths(entries);
        return now.length === count && now.every((tokens, i) => tokens === first[i]);
      }),
    );
    for (const { tokens, restoredTokens } of back) expect(tokens - restoredTokens).toBeLessThan(128);
    await server.stop();
  });

  it('keeps several folders apart, also when one lies in the other', async () => {
    const folder = await temporaryFolder();
    const other = await temporaryFolder();
    await mkdir(join(folder, 'inner'));
    await writeFile(join(folder, 'a.ts'), lines(5));
    await writeFile(join(folder, 'inner', 'b.ts'), lines(5));
    await writeFile(join(other, 'c.ts'), 'export const onlyInOther = 1;\n');
    const server = await TestServer.start({
      cache: await temporaryFolder(),
      folders: [folder, other, join(folder, 'inner')],
    });
    const { counts } = await server.until(({ counts: now }) => now.fresh === 3, 'three files');
    expect(counts).toMatchObject({ waiting: 0, failed: 0 });
    const roots = await server.untilFiles((entries) => entries.length === 3);
    expect(roots.every(({ type }) => type === 'folder')).toBe(true);
    const { citations } = await server.request<AskResult>('memmamba/ask', {
      question: 'Where is onlyInOther?',
      scope: { kind: 'workspace' },
    });
    expect(citations[0]?.uri).toBe(pathToFileURL(join(other, 'c.ts')).href);
    await server.stop();
  });

  it('takes the text of the editor for that of the file, and the file again after closing', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.ts');
    const { href: uri } = pathToFileURL(path);
    await writeFile(path, lines(10));
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    await server.ready();
    const text = `${lines(10)}const unsavedName = 42;\r\n`.replace(/\r?\n/g, '\r\n');
    await server.open(uri, text);
    const { citations } = await server.request<AskResult>('memmamba/ask', {
      question: 'What is unsavedName?',
      scope: { kind: 'file', uri },
    });
    expect(citations[0]).toMatchObject({ uri, line: 11 });
    const { items } = await server.complete(uri, 10, 10);
    for (const { insertText } of items) expect(insertText).not.toMatch(/(^|[^\r])\n/);
    await server.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
    await server.ready();
    const memory = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri });
    expect(memory.viewModel?.bytes).toBe(lines(10).length);
    await server.stop();
  });

  it('looks through a folder of 30,000 files without standing in the way', async () => {
    const folder = await temporaryFolder();
    for (let d = 0; d < 100; d++) {
      await mkdir(join(folder, `d${d}`));
      await Promise.all(
        Array.from({ length: 300 }, (_, i) => writeFile(join(folder, `d${d}`, `f${i}.ts`), 'let a = 1;\n')),
      );
    }
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    await server.open('untitled:a', lines(30));
    await server.until(({ counts }) => counts.waiting > 20_000, 'all files found');
    // It comes between two files, not after them.
    await server.complete('untitled:a', 10, 10);
    expect((await server.status()).counts.waiting).toBeGreaterThan(10_000);
    const entries = await server.untilFiles((now) => now.length === 101);
    expect(entries[0]?.type).toBe('folder');
    await server.kill();
  });
});
