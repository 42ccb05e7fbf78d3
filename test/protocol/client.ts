import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type InitializeResult,
  type InlineCompletionList,
  type ProtocolConnection,
} from 'vscode-languageserver-protocol/node';
import { onTestFinished } from 'vitest';
import {
  PROTOCOL_VERSION,
  StatusNotification,
  StatusRequest,
  type FileEntry,
  type FilesResult,
  type ServerStatus,
} from '../../src/protocol';
import { PATIENCE } from '../support/patience';
import { tinyModelDir } from '../support/tinyModel';

const serverFile = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

export interface ServerOptions {
  /** Folder of the store. */
  cache: string;
  /** Workspace folder (path). */
  folder?: string;
  folders?: string[];
  trusted?: boolean;
  protocolVersion?: number;
  settings?: Record<string, Record<string, unknown>>;
  environment?: Record<string, string>;
  /** A program to run the server with, and its arguments. */
  runBy?: readonly string[];
}

/** A server process with the tiny model, and the editor's side of the connection. */
export class TestServer {
  /** All statuses received, oldest first. */
  readonly statuses: ServerStatus[] = [];
  private version = 1;

  private constructor(
    readonly process: ChildProcess,
    readonly connection: ProtocolConnection,
    readonly initialized: InitializeResult,
  ) {}

  static async start(options: ServerOptions): Promise<TestServer> {
    const [program, ...args] = [...(options.runBy ?? []), process.execPath, serverFile, '--stdio'];
    const child = spawn(program, args, {
      env: { ...process.env, MEMMAMBA_MODEL: tinyModelDir, MEMMAMBA_CACHE: options.cache, ...options.environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    connection.onError(() => undefined);
    connection.onRequest('client/registerCapability', () => undefined);
    const settings = {
      engine: { provider: 'cpu', threads: 1 },
      ...options.settings,
      reading: { cpuShare: 100, ...options.settings?.['reading'] },
    };
    connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) => items.map(() => settings));
    connection.listen();
    const folders = options.folders ?? (options.folder === undefined ? [] : [options.folder]);
    const initialized = await connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {
        workspace: {
          configuration: true,
          workspaceFolders: true,
          didChangeWatchedFiles: { dynamicRegistration: true },
        },
      },
      workspaceFolders: folders.map((folder) => ({ uri: pathToFileURL(folder).href, name: folder })),
      initializationOptions: {
        trusted: options.trusted ?? true,
        protocolVersion: options.protocolVersion ?? PROTOCOL_VERSION,
      },
    });
    const server = new TestServer(child, connection, initialized);
    connection.onNotification(StatusNotification.method, (status: ServerStatus) => void server.statuses.push(status));
    await connection.sendNotification('initialized', {});
    return server;
  }

  request<R>(method: string, params?: unknown): Promise<R> {
    return params === undefined
      ? this.connection.sendRequest<R>(method)
      : this.connection.sendRequest<R>(method, params);
  }

  status(): Promise<ServerStatus> {
    return this.request<ServerStatus>(StatusRequest.method);
  }

  /** Waits for a status. */
  async until(
    holds: (status: ServerStatus) => boolean | Promise<boolean>,
    what = 'the expected status',
  ): Promise<ServerStatus> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const status = await this.status();
      if (await holds(status)) return status;
      if (Date.now() > end) throw new Error(`${what} did not come; now: ${JSON.stringify(status)}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  ready(): Promise<ServerStatus> {
    return this.until(({ phase }) => phase.kind === 'ready', 'ready');
  }

  /** Opens a document and makes it active. */
  async open(uri: string, text: string, languageId = 'typescript'): Promise<void> {
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: this.version, text },
    });
    await this.connection.sendNotification('memmamba/focus', { active: { uri, line: 0, character: 0 } });
  }

  /** Replaces a range, or the whole text. */
  async change(uri: string, text: string, start?: [number, number], end = start): Promise<void> {
    const range = start && {
      start: { line: start[0], character: start[1] },
      end: { line: end![0], character: end![1] },
    };
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++this.version },
      contentChanges: [range ? { range, text } : { text }],
    });
  }

  /** Requests a completion, by default with an explicit trigger. */
  complete(uri: string, line: number, character: number, extra: object = {}): Promise<InlineCompletionList> {
    return this.request('textDocument/inlineCompletion', {
      textDocument: { uri },
      position: { line, character },
      context: { triggerKind: 1, ...extra },
    });
  }

  /** Notifies of files that changed on disk. */
  async changedOnDisk(...changes: [path: string, type: 'made' | 'written' | 'deleted'][]): Promise<void> {
    const types = { made: 1, written: 2, deleted: 3 };
    await this.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: changes.map(([path, type]) => ({ uri: pathToFileURL(path).href, type: types[type] })),
    });
  }

  /** Waits until the files and folders of the tree's first level are as expected. */
  async untilFiles(holds: (entries: FileEntry[]) => boolean): Promise<FileEntry[]> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const { entries } = await this.request<FilesResult>('memmamba/files', {});
      if (holds(entries)) return entries;
      if (Date.now() > end) throw new Error(`the files did not come to be as expected: ${JSON.stringify(entries)}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  /** Ends the process like a crash. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
    this.connection.dispose();
  }

  async stop(): Promise<void> {
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
  }
}
