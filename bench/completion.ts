import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  InlineCompletionTriggerKind,
  type InlineCompletionList,
  type ProtocolConnection,
} from 'vscode-languageserver-protocol/node';
import { FocusNotification, StatusRequest, type ServerStatus } from '../src/protocol';
import type { BenchOptions } from './options';
import { initialize, root, withServer } from './serverProcess';
import { quantile } from './statistics';

/** The file to complete in: one real C file of well over 100,000 tokens. */
const FILE = 'lmdb-c/mdb.c';

/** Large enough that it is still being read when the measurement ends. */
const BACKGROUND = 'typescript/lib.dom.d.ts';

const CURSORS = 10;

/** Random places, but the same ones each time: after a word in the middle of a line of code. */
function cursors(lines: string[], count: number): { line: number; character: number }[] {
  let seed = 20_261_122;
  const random = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const places: { line: number; character: number }[] = [];
  while (places.length < count) {
    const line = Math.floor(random() * lines.length);
    const match = /^\s+\w[\w ]*[(=]\s?/.exec(lines[line]!);
    if (match) places.push({ line, character: match[0].length });
  }
  return places;
}

/**
 * How long a completion takes in a long file that has been read, while the server reads the rest of the workspace: from request to
 * answer, as the editor's client sees it. At each place the rest of the line is removed first, so that there is something to
 * complete. Requires the sample workspace (created by `npm start` and by the tests).
 */
export async function completion({ modelDir, scale }: BenchOptions): Promise<object> {
  return withServer(modelDir, (connection, home) => {
    const folder = join(home, 'workspace');
    for (const path of [FILE, BACKGROUND]) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      cpSync(join(root, '.cache/sample', path), join(folder, path));
    }
    return measure(connection, folder, Math.max(3, Math.round(CURSORS * scale)));
  });
}

async function measure(connection: ProtocolConnection, folder: string, count: number): Promise<object> {
  const uri = pathToFileURL(join(folder, FILE)).href;
  const original = readFileSync(join(folder, FILE), 'utf8');
  const lines = original.split('\n');
  // The server logs why nothing is offered.
  let said = '';
  connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
    if (message.includes('completion')) said = message;
  });
  await initialize(connection, {
    capabilities: { configuration: true, workspaceFolders: true },
    folders: [{ uri: pathToFileURL(folder).href, name: 'bench' }],
  });
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'c', version: 1, text: original },
  });
  await connection.sendNotification(FocusNotification.method, { active: { uri, line: 0, character: 0 } });

  const started = Date.now();
  const whileFresh = async (): Promise<ServerStatus> => {
    for (;;) {
      const status = await connection.sendRequest<ServerStatus>(StatusRequest.method);
      if (status.phase.kind === 'failed') throw new Error(status.phase.message);
      if (status.active?.state.kind === 'fresh' && status.phase.kind === 'reading') return status;
      if (status.phase.kind === 'ready') throw new Error('the workspace was read before the measurement');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const before = await whileFresh();
  const readSeconds = (Date.now() - started) / 1000;

  const times: number[] = [];
  let offered = 0;
  let version = 1;
  const change = (line: number, from: number, to: number, text: string): Promise<void> =>
    connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++version },
      contentChanges: [{ range: { start: { line, character: from }, end: { line, character: to } }, text }],
    });
  for (const { line, character } of cursors(lines, count)) {
    const text = lines[line]!;
    // As when someone goes to a place and types there.
    await connection.sendNotification(FocusNotification.method, { active: { uri, line, character } });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await change(line, character, text.length, '');
    const start = performance.now();
    const answer = await connection.sendRequest<InlineCompletionList | null>('textDocument/inlineCompletion', {
      textDocument: { uri },
      position: { line, character },
      context: { triggerKind: InlineCompletionTriggerKind.Automatic },
    });
    times.push(performance.now() - start);
    if ((answer?.items.length ?? 0) > 0) offered++;
    console.log(
      `line ${line + 1}: ${times.at(-1)!.toFixed(0)} ms  ${answer?.items[0] ? JSON.stringify(answer.items[0].insertText) : said}`,
    );
    await change(line, character, character, text.slice(character));
    await whileFresh();
  }
  const { state } = before.active!;
  const result = {
    file: FILE,
    tokens: state.kind === 'fresh' ? state.tokens : undefined,
    readSeconds,
    cpus: cpus().length,
    // On a machine that is busy otherwise, the figures mean little.
    loadAverage: loadavg()[0],
    engine: before.engine,
    cursors: times.length,
    offered,
    milliseconds: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), all: times },
  };
  const { p50, p95 } = result.milliseconds;
  console.log(
    `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, ${offered} of ${times.length} offered; read in ${readSeconds.toFixed(0)} s`,
  );
  return result;
}
