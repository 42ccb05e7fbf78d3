import { link, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AskResult, FileEntry, FileState } from '../../src/protocol';
import { temporaryFolder } from '../support/folder';
import { TestServer } from './client';
import { lines } from './text';

const stateOf = (entries: FileEntry[], name: string): FileState | undefined => {
  const entry = entries.find((one) => one.name === name);
  return entry?.type === 'file' ? entry.state : undefined;
};

describe.each([true, false])('links in a workspace (trusted: %s)', (trusted) => {
  it('are not read when they lead out of it or to a secret, changed on disk or opened', async () => {
    const folder = await temporaryFolder();
    const outside = join(await temporaryFolder(), 'outside.ts');
    const file = (name: string): string => join(folder, name);
    await writeFile(outside, 'export const outsideName = 1;\n');
    await writeFile(file('.env'), 'export const secretName = 1;\n');
    await writeFile(file('a.ts'), lines(3));
    const server = await TestServer.start({ cache: await temporaryFolder(), folder, trusted });
    await server.until(({ counts }) => counts.fresh === 1, 'one file');

    await symlink(outside, file('link.ts'));
    await symlink('.env', file('soft.ts'));
    await link(file('.env'), file('hard.ts'));
    const made = ['link.ts', 'soft.ts', 'hard.ts'];
    await server.changedOnDisk(...made.map((name): [string, 'made'] => [file(name), 'made']), [file('b.ts'), 'made']);
    // An existing file becomes a link.
    await rm(file('a.ts'));
    await symlink(outside, file('a.ts'));
    await server.changedOnDisk([file('a.ts'), 'written']);
    await server.untilFiles((entries) => stateOf(entries, 'a.ts')?.kind === 'skipped');
    for (const name of made) {
      await server.open(
        pathToFileURL(file(name)).href,
        'export const secretName = 1;\nexport const outsideName = 1;\n',
      );
      const { active } = await server.until((status) => status.active?.state.kind === 'skipped', 'skipped');
      expect(active?.uri).toBe(pathToFileURL(file(name)).href);
    }
    for (const question of ['What is secretName?', 'What is outsideName?']) {
      const answer = await server.request<AskResult>('memmamba/ask', { question, scope: { kind: 'workspace' } });
      expect(answer).toMatchObject({ found: false, citations: [] });
    }
    expect((await server.status()).counts.fresh).toBe(0);
    await server.stop();
  });
});
