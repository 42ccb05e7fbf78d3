import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder';
import { TestServer } from './client';
import { copied, copyingModel } from './copied';

describe('a completion', () => {
  it('goes on as another file of the workspace does, until that file is left out or forgotten', async () => {
    const [first, second] = [await temporaryFolder(), await temporaryFolder()];
    const other = join(second, 'known.ts');
    await writeFile(other, copied.known);
    const server = await TestServer.start({
      cache: await temporaryFolder(),
      folders: [first, second],
      environment: { MEMMAMBA_MODEL: await copyingModel() },
    });
    await server.ready();
    const uri = pathToFileURL(join(first, 'typed.ts')).href;
    await server.open(uri, copied.typed);
    await server.until(({ active }) => active?.state.kind === 'fresh', 'the open file to be read');
    const complete = async (): Promise<string> => {
      const { items } = await server.complete(uri, ...copied.cursor);
      // The best one; the others are alternatives.
      const text = items[0]?.insertText;
      return typeof text === 'string' ? text : '';
    };
    expect(await complete()).toBe(copied.continuation);

    const rules = join(second, '.memmambaignore');
    await writeFile(rules, 'known.ts\n');
    await server.changedOnDisk([rules, 'made']);
    await server.until(({ counts }) => counts.skipped > 0, 'the other file to be left out');
    expect(await complete()).not.toContain('address');

    await writeFile(rules, '\n');
    await writeFile(other, copied.known.replaceAll('address', 'recipient'));
    await server.changedOnDisk([rules, 'written'], [other, 'written']);
    await server.until(({ counts, phase }) => counts.skipped === 0 && phase.kind === 'ready', 'it to be read again');
    expect(await complete()).toBe(copied.continuation.replaceAll('address', 'recipient'));

    await server.request('memmamba/forget', { uris: [pathToFileURL(other).href] });
    expect(await complete()).not.toContain('recipient');
    await server.stop();
  });
});
