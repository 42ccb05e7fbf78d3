import { describe, expect, it } from 'vitest';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CancellationTokenSource, LSPErrorCodes } from 'vscode-languageserver-protocol/node';
import type { AskResult } from '../../src/protocol';
import { temporaryFolder } from '../support/folder';
import { TestServer } from './client';
import { copied, copyingServer } from './copied';
import { lines } from './text';

describe('the scheduling of the server', () => {
  it('completes while a large file is being read, and does not wait for it', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open('untitled:large', lines(20_000));
    await server.until(({ active }) => active?.state.kind === 'reading', 'reading');
    // At the start, which is in memory; and at the end, which is not yet.
    await server.complete('untitled:large', 2, 10);
    expect((await server.status()).active).toMatchObject({ state: { kind: 'reading' }, completionWaits: false });
    expect(await server.complete('untitled:large', 19_000, 10)).toEqual({ items: [] });
    const { active } = await server.status();
    expect(active).toMatchObject({ state: { kind: 'reading' }, completionWaits: true });
    await server.kill();
  });

  it('ends a cancelled question at once, and answers the next one', async () => {
    const server = await TestServer.start({ cache: await temporaryFolder() });
    await server.open('untitled:a', lines(200));
    await server.until(({ engine }) => engine !== undefined, 'the model');
    const scope = { kind: 'file', uri: 'untitled:a' };
    const cancel = new CancellationTokenSource();
    const params = { question: 'Where is value7?', scope };
    const cancelled = server.connection.sendRequest<AskResult>('memmamba/ask', params, cancel.token);
    cancel.cancel();
    await expect(cancelled).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    const { found, citations } = await server.request<AskResult>('memmamba/ask', params);
    expect({ found, line: citations[0]?.line }).toEqual({ found: true, line: 8 });
    await server.stop();
  });

  it('completes for the latest of three requests, and gives those before it an empty answer', async () => {
    const server = await copyingServer();
    await server.open('untitled:a', copied.typed);
    await server.until(({ active }) => active?.state.kind === 'fresh', 'fresh');
    const answers = await Promise.all([1, 2, 3].map(() => server.complete('untitled:a', ...copied.cursor)));
    expect(answers.map(({ items }) => items[0]?.insertText)).toEqual([undefined, undefined, copied.continuation]);
    await server.stop();
  });

  it('pauses and resumes reading; questions are answered meanwhile', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'src'));
    for (let i = 0; i < 12; i++) await writeFile(join(folder, 'src', `f${i}.ts`), lines(40));
    const server = await TestServer.start({ cache: await temporaryFolder(), folder });
    await server.until(({ counts }) => counts.fresh >= 2, 'some files');
    await server.connection.sendNotification('memmamba/pause', { paused: true });
    const paused = await server.until(({ phase }) => phase.kind === 'paused', 'paused');
    expect(paused.phase).toMatchObject({ why: 'user' });
    const answer = await server.request<AskResult>('memmamba/ask', {
      question: 'Where is value7?',
      scope: { kind: 'workspace' },
    });
    expect(answer.found).toBe(true);
    expect(answer.searched).toBe(12);
    expect(answer.read).toBeLessThan(12);
    const { counts } = await server.status();
    // The file whose block was being read may still finish.
    for (let i = 0; i < 30; i++) expect((await server.status()).counts.fresh - counts.fresh).toBeLessThanOrEqual(1);
    await server.connection.sendNotification('memmamba/pause', { paused: false });
    await server.ready();
    await server.stop();
  });
});

describe('a server that was killed', () => {
  it('goes on where its predecessor was, when it is started again', async () => {
    const cache = await temporaryFolder();
    const text = lines(700);
    const first = await TestServer.start({ cache });
    await first.open('untitled:a', text);
    await first.until(({ store }) => (store?.states ?? 0) >= 2, 'two checkpoints');
    await first.kill();

    const second = await TestServer.start({ cache });
    await second.open('untitled:a', text);
    const { active } = await second.until(({ active: now }) => now?.state.kind === 'fresh', 'fresh');
    expect(active?.state.kind === 'fresh' && active.state.restoredTokens).toBeGreaterThan(0);
    expect((await second.status()).store?.warnings).toEqual([]);
    await second.stop();

    const third = await TestServer.start({ cache });
    await third.open('untitled:a', text);
    const whole = await third.until(({ active: now }) => now?.state.kind === 'fresh', 'fresh');
    const state = whole.active?.state;
    expect(state?.kind === 'fresh' && state.tokens - state.restoredTokens).toBeLessThan(128);
    // Nothing was read in this process, so states in the middle of the text are computed on request.
    await third.complete('untitled:a', 350, 10, { triggerKind: 2 });
    await third.until(async ({ active: now }) => {
      await third.complete('untitled:a', 350, 10, { triggerKind: 2 });
      return now?.completionWaits === false;
    }, 'a completion in the middle');
    await third.stop();
  });
});
