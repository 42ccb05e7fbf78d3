import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../../src/protocol';
import type { AskProgress, AskResult, FilesResult, ForgetResult, MemoryPanelResult } from '../../src/protocol';
import { temporaryFolder } from '../support/folder';
import { TestServer } from './client';
import { lines } from './text';

describe('the server over stdio', () => {
  it('reads an open document and tells what it keeps', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    const uri = 'untitled:Untitled-1';
    await server.open(uri, lines(60));
    const status = await server.until(({ active, phase }) => active?.state.kind === 'fresh' && phase.kind === 'ready');
    expect(status.engine?.provider).toBe('cpu');

    const { viewModel } = await server.request<MemoryPanelResult>('memmamba/memoryPanel', { uri });
    expect(viewModel?.bytes).toBe(Buffer.byteLength(lines(60)));
    const { line, start, end, text } = viewModel!.notes;
    expect(text.length).toBeGreaterThan(0);
    for (const [i, own] of text.entries()) {
      if (line[i]! < 0) continue;
      expect(own.startsWith(lines(60).split('\n')[line[i]!]!.slice(start[i], end[i]))).toBe(true);
    }
    await server.stop();
  });

  it('answers questions with places, in an unsaved text and in the workspace', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'other.ts'), 'export function unusualHelper(): number {\n  return 7;\n}\n');
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    const uri = pathToFileURL(join(folder, 'new.ts')).href;
    await server.open(uri, `${lines(40)}const retryLimit = 17;\n${lines(40)}`);
    await server.ready();
    const progress: AskProgress[] = [];
    server.connection.onNotification('$/progress', ({ value }: { value: AskProgress }) => void progress.push(value));
    const inFile = await server.request<AskResult>('memmamba/ask', {
      question: 'What is retryLimit?',
      scope: { kind: 'file', uri },
      progressToken: 'one',
    });
    expect(inFile.found).toBe(true);
    expect(inFile.citations[0]).toMatchObject({ uri, line: 41 });
    expect(progress.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['searching', 'citations', 'recalling']));

    const inWorkspace = await server.request<AskResult>('memmamba/ask', {
      question: 'Where is unusualHelper defined?',
      scope: { kind: 'workspace' },
    });
    expect(inWorkspace.citations[0]?.uri).toMatch(/other\.ts$/);

    const nothing = await server.request<AskResult>('memmamba/ask', {
      question: 'Which quetzalcoatl rides the zeppelin?',
      scope: { kind: 'workspace' },
    });
    expect(nothing).toMatchObject({ found: false, citations: [] });
    await server.stop();
  });

  it('leaves out what is ignored or secret, and says why, also when it is open', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, '.gitignore'), 'build/\n*.log\n');
    await mkdir(join(folder, 'build'));
    await writeFile(join(folder, 'build', 'out.ts'), lines(3));
    await writeFile(join(folder, 'sub', 'a.ts'), lines(3));
    await writeFile(join(folder, '.env'), 'SECRET=1\n');
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    await server.open(pathToFileURL(join(folder, 'build', 'out.ts')).href, lines(3));
    // The two: sub/a.ts and .gitignore itself.
    await server.until(({ counts }) => counts.fresh === 2, 'two files');
    const { entries } = await server.request<FilesResult>('memmamba/files', {});
    const state = (name: string): unknown => {
      const entry = entries.find((one) => one.name === name);
      return entry?.type === 'file' ? entry.state : entry?.counts;
    };
    expect(state('.env')).toMatchObject({ kind: 'skipped', reason: 'secret' });
    expect(state('sub')).toMatchObject({ fresh: 1 });
    await expect(
      server.request('memmamba/fidelity', { uri: pathToFileURL(join(folder, 'build', 'out.ts')).href }),
    ).rejects.toThrow(/is not read/);
    await server.stop();
  });

  it('forgets a file, and everything', async () => {
    const cache = await temporaryFolder();
    const server = await TestServer.start({ cache });
    await server.open('untitled:a', lines(60));
    await server.ready();
    const { states } = await server.request<ForgetResult>('memmamba/forget', { uris: ['untitled:a'] });
    expect(states).toBeGreaterThan(0);
    expect((await server.status()).active?.state).toMatchObject({ kind: 'skipped', reason: 'forgotten' });
    expect(await server.request('memmamba/read', { uris: ['untitled:a'] })).toEqual({ queued: 1 });
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh again');
    expect((await server.request<ForgetResult>('memmamba/forgetAll')).states).toBeGreaterThan(0);
    expect((await server.until(({ store }) => store?.states === 0, 'an empty store')).store?.bytes).toBe(0);
    await server.stop();
  });

  it('reads an edited text again, and only what follows the last checkpoint before the edit', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open('untitled:a', lines(400));
    await server.ready();
    await server.change('untitled:a', 'let changed = true;\n', [399, 0]);
    await server.until(({ active }) => active?.state.kind === 'stale', 'stale');
    const { active } = await server.until(({ active: now }) => now?.state.kind === 'fresh', 'fresh');
    expect(active?.state).toMatchObject({ kind: 'fresh' });
    if (active?.state.kind === 'fresh') expect(active.state.restoredTokens).toBeGreaterThan(active.state.tokens * 0.5);
    await server.stop();
  });

  it('reads nothing outside an untrusted workspace', async () => {
    const folder = await temporaryFolder();
    const outside = join(await temporaryFolder(), 'b.ts');
    await writeFile(outside, lines(3));
    const server = await TestServer.start({ cache: await temporaryFolder(), folder, trusted: false });
    await server.open(pathToFileURL(outside).href, lines(3));
    const untrusted = await server.until(({ active }) => active?.state.kind === 'skipped', 'skipped');
    expect(untrusted.active?.state).toMatchObject({ reason: 'untrusted' });
    await server.connection.sendNotification('memmamba/trust', { trusted: true });
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    await server.stop();
  });

  it('says so when the client speaks another version of the protocol, and does nothing else', async () => {
    const protocolVersion = PROTOCOL_VERSION + 1;
    const server = await TestServer.start({ cache: await temporaryFolder(), protocolVersion });
    await server.open('untitled:a', lines(3));
    const { phase } = await server.until(({ phase: now }) => now.kind === 'failed', 'failed');
    expect(phase).toMatchObject({
      code: 'protocol-mismatch',
      message: expect.stringMatching(/version 2, .* version 1/) as string,
    });
    await expect(server.request('memmamba/forgetAll')).rejects.toThrow(/version 2/);
    expect(await server.complete('untitled:a', 0, 5)).toEqual({ items: [] });
    await server.stop();
  });

  it('says why it cannot work without a model', async () => {
    const server = await TestServer.start({
      cache: await temporaryFolder(),
      environment: { MEMMAMBA_MODEL: join(await temporaryFolder(), 'none') },
    });
    const { phase } = await server.until(({ phase: now }) => now.kind === 'failed', 'failed');
    expect(phase).toMatchObject({ kind: 'failed', code: expect.stringMatching(/./) as string });
    await server.open('untitled:a', 'let a = 1;\n');
    expect(await server.complete('untitled:a', 0, 5)).toEqual({ items: [] });
    await server.stop();
  });
});
