import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProtocolConnection } from 'vscode-languageserver-protocol/node';
import {
  FocusNotification,
  MemoryPanelRequest,
  StatusRequest,
  type MemoryPanelResult,
  type ServerStatus,
} from '../../src/protocol';
import { initialize, root, withServer } from '../serverProcess';

export interface RequestTimes {
  /** Of the file that was read before. */
  tokens: number;
  notes: number;
  evicted: number;
  messageBytes: number;
  /** From the request to its answer, over stdio; every request builds the answer again. Milliseconds. */
  milliseconds: number[];
  readSeconds: number;
}

const URI = 'untitled:large.ts';
const REPEATS = 5;

/** Lets a server read a text of this many tokens (the sample's largest files, repeated), then requests the panel's content. */
export async function requestTimes(modelDir: string, characters: number): Promise<RequestTimes> {
  return withServer(modelDir, (connection) => measure(connection, sampleText(characters)));
}

function sampleText(characters: number): string {
  const text = readFileSync(join(root, '.cache/sample/typescript/lib.dom.d.ts'), 'utf8');
  return text.repeat(Math.ceil(characters / text.length)).slice(0, characters);
}

async function measure(connection: ProtocolConnection, text: string): Promise<RequestTimes> {
  await initialize(connection, { capabilities: { configuration: true }, folders: null });
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri: URI, languageId: 'typescript', version: 1, text },
  });
  await connection.sendNotification(FocusNotification.method, { active: { uri: URI, line: 0, character: 0 } });
  const started = Date.now();
  for (;;) {
    const { phase, active } = await connection.sendRequest<ServerStatus>(StatusRequest.method);
    if (phase.kind === 'failed') throw new Error(phase.message);
    if (active?.state.kind === 'skipped') throw new Error(active.state.why);
    if (active?.state.kind === 'fresh') break;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const readSeconds = (Date.now() - started) / 1000;
  const milliseconds: number[] = [];
  let result: MemoryPanelResult | undefined;
  for (let i = 0; i < REPEATS; i++) {
    const before = performance.now();
    result = await connection.sendRequest<MemoryPanelResult>(MemoryPanelRequest.method, { uri: URI });
    milliseconds.push(performance.now() - before);
  }
  const { viewModel } = result!;
  if (viewModel === undefined) throw new Error('the server sent no picture');
  return {
    tokens: viewModel.tokens,
    notes: viewModel.notes.position.length,
    evicted: viewModel.evicted.notes.position.length,
    messageBytes: JSON.stringify(result).length,
    milliseconds,
    readSeconds,
  };
}
