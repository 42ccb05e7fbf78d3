import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/folder';
import { traced, trespasses, whyNotTraced } from '../support/systemCalls';
import { tinyModelDir } from '../support/tinyModel';
import { TestServer } from './client';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const cliFile = join(root, 'dist/cli.js');

/** The library's telemetry opens its first socket about nine seconds after loading, and its files at once. */
const LIFE = 11_000;

const whyNot = whyNotTraced();
if (whyNot !== undefined) process.stdout.write(`system calls are not watched: ${whyNot}\n`);

/** A workspace, and a home and temporary folder that nothing may write to. */
async function place(): Promise<{
  folder: string;
  cache: string;
  /** Prefix that runs a command under watch. */
  watch: string[];
  environment: Record<string, string>;
  /** Forbidden actions of the command. */
  findings: () => Promise<string[]>;
}> {
  const base = await temporaryFolder();
  const [folder, cache, home, temporary] = ['folder', 'cache', 'home', 'tmp'].map((name) => join(base, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const made of [folder, cache, home, temporary]) await mkdir(made);
  await writeFile(join(folder, 'limits.ts'), 'export const MAX_RETRIES = 7;\n'.repeat(40));
  const log = join(base, 'calls.log');
  return {
    folder,
    cache,
    watch: traced(log),
    environment: {
      ...(process.env as Record<string, string>),
      HOME: home,
      TMPDIR: temporary,
      XDG_CACHE_HOME: '',
      MEMMAMBA_CACHE: cache,
      MEMMAMBA_MODEL: tinyModelDir,
    },
    findings: async () => {
      const left = [...(await readdir(home)), ...(await readdir(temporary))].map((name) => `left behind: ${name}`);
      return [...trespasses(log, root, [cache]), ...left];
    },
  };
}

/** Runs a process from start to end. @returns its forbidden actions */
async function lifeOf(script: string, ...args: string[]): Promise<string[]> {
  const { watch, environment, findings } = await place();
  await run(watch[0]!, [...watch.slice(1), process.execPath, script, ...args], { env: environment, cwd: root });
  return findings();
}

async function lifeOfReading(): Promise<string[]> {
  const { folder, watch, environment, findings } = await place();
  for (const command of [
    ['read', folder],
    ['ask', join(folder, 'limits.ts'), 'MAX_RETRIES?'],
  ]) {
    const args = [...watch.slice(1), process.execPath, cliFile, ...command, '--provider', 'cpu'];
    await run(watch[0]!, args, { env: environment, cwd: root });
  }
  return findings();
}

async function lifeOfServer(): Promise<string[]> {
  const { folder, cache, watch, environment, findings } = await place();
  const server = await TestServer.start({ cache, folder, environment, runBy: watch });
  await server.ready();
  const uri = pathToFileURL(join(folder, 'limits.ts')).href;
  await server.open(uri, 'export const MAX_RETRIES = 7;\nexport const ');
  await server.complete(uri, 1, 13);
  await sleep(LIFE);
  const gone = once(server.process, 'exit');
  await server.stop();
  await gone;
  return findings();
}

async function lifeOfMcp(): Promise<string[]> {
  const { folder, watch, environment, findings } = await place();
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StdioClientTransport({
      command: watch[0]!,
      args: [...watch.slice(1), process.execPath, cliFile, 'mcp', folder, '--provider', 'cpu'],
      env: environment,
    }),
  );
  await client.callTool({ name: 'recall', arguments: { question: 'MAX_RETRIES' } });
  await sleep(LIFE);
  await client.close();
  return findings();
}

/** A program that contains the engine itself, as benches do. */
async function lifeOfEngine(): Promise<string[]> {
  const outfile = join(await temporaryFolder(), 'engine.cjs');
  const library = createRequire(import.meta.url).resolve('onnxruntime-node');
  const program = `import { Engine } from './src/engine';
    void (async () => {
      const engine = await Engine.open({ modelDir: ${JSON.stringify(tinyModelDir)}, provider: 'cpu' });
      await engine.readBlock(engine.initialState(), new Uint32Array(engine.config.blockSize));
      await new Promise((resolve) => setTimeout(resolve, ${LIFE}));
      await engine.dispose();
    })();`;
  await build({
    stdin: { contents: program, resolveDir: root },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    alias: { 'onnxruntime-node': library },
    external: [library],
    define: { MEMMAMBA_VERSION: '"test"' },
    logLevel: 'error',
  });
  return lifeOf(outfile);
}

describe.skipIf(whyNot !== undefined)('every process that loads the inference library', { timeout: 180_000 }, () => {
  it('opens no socket, looks up no name and writes nothing outside its cache, as long as it lives', async () => {
    const [reading, server, mcp, engine] = await Promise.all([
      lifeOfReading(),
      lifeOfServer(),
      lifeOfMcp(),
      lifeOfEngine(),
    ]);
    expect({ reading, server, mcp, engine }).toEqual({ reading: [], server: [], mcp: [], engine: [] });
  });

  it('would be caught', async () => {
    const script = join(await temporaryFolder(), 'trespasser.cjs');
    await writeFile(
      script,
      `require('node:fs').writeFileSync(require('node:os').tmpdir() + '/left', '');
       require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', function () { this.close(); });`,
    );
    const found = (await lifeOf(script)).join('\n');
    for (const what of ['O_WRONLY', 'socket(AF_INET', 'left behind: left']) expect(found).toContain(what);
  });
});
