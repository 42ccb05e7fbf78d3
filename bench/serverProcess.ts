import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ProtocolConnection,
} from 'vscode-languageserver-protocol/node';

/** What `initialize` says about the workspace. */
export interface ServerWorkspace {
  capabilities: Record<string, boolean>;
  folders: { uri: string; name: string }[] | null;
}

/** The folder of the repository; benches run as bundles in dist. */
export const root = join(__dirname, '..');

/**
 * Runs `measure` with the built server, which stores its memory in a temporary folder next to whatever the bench puts into `home`.
 *
 * @param kept the home of a previous server, which is not removed
 */
export async function withServer<T>(
  modelDir: string,
  measure: (connection: ProtocolConnection, home: string) => Promise<T>,
  kept?: string,
): Promise<T> {
  const home = kept ?? mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const child = spawn(process.execPath, [join(root, 'dist/server.js'), '--stdio'], {
    env: { ...process.env, MEMMAMBA_MODEL: modelDir, MEMMAMBA_CACHE: join(home, 'store') },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  try {
    return await measure(connection, home);
  } finally {
    connection.dispose();
    child.kill('SIGKILL');
    if (kept === undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Initialises the server like an editor with default settings. */
export async function initialize(
  connection: ProtocolConnection,
  { capabilities, folders }: ServerWorkspace,
): Promise<void> {
  connection.onRequest('client/registerCapability', () => undefined);
  connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) => items.map(() => ({})));
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: { workspace: capabilities },
    workspaceFolders: folders,
    initializationOptions: { trusted: true },
  });
  await connection.sendNotification('initialized', {});
}
