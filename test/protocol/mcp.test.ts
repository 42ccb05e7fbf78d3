import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/folder';
import { tinyModelDir } from '../support/tinyModel';

const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

interface Place {
  file: string;
  line: number;
  startLine: number;
  endLine: number;
  symbol?: string;
  text: string;
}

interface Result {
  found: boolean;
  places: Place[];
  sentences: { text: string; kind: string; place: number }[];
}

const files: Record<string, string> = {
  'src/limits.ts': '// How often a failed request is tried again.\nexport const MAX_RETRIES = 7;\n',
  'src/send.ts':
    "import { MAX_RETRIES } from './limits';\n\n/** Sends a request to the server. More words. */\nexport function sendRequest(url: string): void {\n  again(url, MAX_RETRIES);\n}\n",
  '.gitignore': 'ignored.ts\n',
  'ignored.ts': 'export const IGNORED_NAME = 1;\n',
};

/** The program as a user starts it, and a connected client. */
async function connected(): Promise<{ client: Client; folder: string }> {
  const [folder, cache] = [await temporaryFolder(), await temporaryFolder()];
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const client = new Client({ name: 'test', version: '1' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [cli, 'mcp', folder, '--provider', 'cpu', '--threads', '1'],
    env: {
      ...(process.env as Record<string, string>),
      MEMMAMBA_MODEL: tinyModelDir,
      MEMMAMBA_CACHE: cache,
    },
  });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, folder };
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<Result> {
  const result = await client.callTool({ name, arguments: args });
  expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
  return result.structuredContent as Result;
}

async function outline(client: Client, args: Record<string, unknown>): Promise<string> {
  const { content } = await client.callTool({ name: 'outline_memory', arguments: args });
  return (content as { text: string }[])[0]!.text;
}

describe('memmamba mcp, driven by the client of the SDK', () => {
  it('offers three tools that change nothing', async () => {
    const { client } = await connected();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(['ask', 'outline_memory', 'recall']);
    for (const { annotations } of tools) expect(annotations?.readOnlyHint).toBe(true);
    expect(client.getServerVersion()?.name).toBe('memmamba');
  });

  it('recalls places and answers with sentences that stand in them', async () => {
    const { client } = await connected();
    const { found, places } = await call(client, 'recall', { question: 'Who uses MAX_RETRIES?', limit: 2 });
    expect(found).toBe(true);
    expect(places[0]).toMatchObject({ file: 'src/send.ts' });

    const answer = await call(client, 'ask', { question: 'What is the value of MAX_RETRIES?' });
    expect(answer.places[0]).toMatchObject({ file: 'src/limits.ts', line: 2 });
    expect(answer.sentences[0]).toMatchObject({ text: 'export const MAX_RETRIES = 7;', place: 0 });

    const absent = await call(client, 'ask', { question: 'Where is the zorkmid frobnicator configured?' });
    expect(absent).toMatchObject({ found: false, places: [], sentences: [] });
    expect(await call(client, 'recall', { question: 'What is IGNORED_NAME?' })).toMatchObject({ found: false });
  });

  it('looks in named files only, and says so when one is not in memory', async () => {
    const { client } = await connected();
    const inFile = await call(client, 'recall', { question: 'retries', files: ['src/limits.ts'] });
    expect(new Set(inFile.places.map(({ file }) => file))).toEqual(new Set(['src/limits.ts']));
    const wrong = await client.callTool({ name: 'recall', arguments: { question: 'x', files: ['ignored.ts'] } });
    expect(wrong.isError).toBe(true);
    expect(JSON.stringify(wrong.content)).toContain('ignored.ts is not in memory');
  });

  it('outlines what was read, and keeps up with the folder', async () => {
    const { client, folder } = await connected();
    const all = await outline(client, {});
    expect(all).toContain('src/limits.ts: ');
    expect(all).toContain('ignored.ts: ');
    expect(await outline(client, { file: 'src/send.ts' })).toContain('4-6 function sendRequest');

    await writeFile(join(folder, 'src/late.ts'), 'export const LATE_PELICAN = 3;\n');
    const { places } = await call(client, 'recall', { question: 'What is LATE_PELICAN?' });
    expect(places[0]).toMatchObject({ file: 'src/late.ts', line: 1 });
  });

  it('answers about files as they are at that moment: edited, deleted, new, replaced by a link', async () => {
    const { client, folder } = await connected();
    const limits = join(folder, 'src/limits.ts');
    const value = { question: 'What is the value of MAX_RETRIES?', files: ['src/limits.ts'] };
    expect((await call(client, 'ask', value)).sentences[0]).toMatchObject({ text: 'export const MAX_RETRIES = 7;' });
    // Same size, twice in a row, and moved.
    await writeFile(limits, files['src/limits.ts']!.replace('7', '8'));
    expect((await call(client, 'ask', value)).sentences[0]).toMatchObject({ text: 'export const MAX_RETRIES = 8;' });
    await writeFile(limits, `\n\n${files['src/limits.ts']!.replace('7', '9')}`);
    const moved = await call(client, 'ask', value);
    expect(moved.places[0]).toMatchObject({ file: 'src/limits.ts', line: 4 });
    expect(moved.sentences[0]).toMatchObject({ text: 'export const MAX_RETRIES = 9;' });

    await writeFile(join(folder, 'src/new.ts'), 'export const NEW_HERON = 3;\n');
    const named = await call(client, 'recall', { question: 'What is NEW_HERON?', files: ['src/new.ts'] });
    expect(named.places[0]).toMatchObject({ file: 'src/new.ts', line: 1 });

    await rm(limits);
    const cited = (await call(client, 'recall', { question: 'What is MAX_RETRIES?' })).places.map(({ file }) => file);
    expect(cited).not.toContain('src/limits.ts');
    const outside = join(await temporaryFolder(), 'outside.ts');
    await writeFile(outside, 'export const OUTSIDE_EGRET = 1;\n');
    await symlink(outside, limits);
    expect(await call(client, 'recall', { question: 'What is OUTSIDE_EGRET?' })).toMatchObject({ found: false });
    expect(await outline(client, {})).toMatch(/src\/limits\.ts: a symbolic link/);
  });
});
