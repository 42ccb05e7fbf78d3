import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  ProgressType,
  State,
  TransportKind,
  type Middleware,
} from 'vscode-languageclient/node';
import { describeError } from '../common';
import {
  FilesChangedNotification,
  PROTOCOL_VERSION,
  StatusNotification,
  StatusRequest,
  type InitializationOptions,
  type NotificationMessage,
  type RequestMessage,
  type ServerStatus,
} from '../protocol';
import { BackOff } from './backOff';
import { stateOf, type ClientState } from './state';

/** Documents that the server is notified of. */
export const documentSelector = [{ scheme: 'file' }, { scheme: 'untitled' }];

/** Keeps one server process running, and tracks its state. */
export class ServerProcess implements vscode.Disposable {
  private readonly stateEmitter = new vscode.EventEmitter<ClientState>();
  private readonly filesEmitter = new vscode.EventEmitter<void>();
  /** Fires with every change of {@link state}. */
  readonly onDidChangeState = this.stateEmitter.event;
  /** The tree of files has changed. */
  readonly onDidChangeFiles = this.filesEmitter.event;
  private current: ClientState = { kind: 'starting' };
  private client: LanguageClient | undefined;
  private readonly backOff = new BackOff();
  private retry: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
    private readonly middleware: Middleware,
  ) {}

  get state(): ClientState {
    return this.current;
  }

  /** The connection, while the server runs. */
  get connection(): LanguageClient | undefined {
    return this.current.kind === 'running' ? this.client : undefined;
  }

  /**
   * Sends a request to the server.
   *
   * @param onProgress called with each progress step of the request
   * @throws Error when the server is not running, or fails (with `data.hint` if there is a remedy)
   */
  async request<P, R, S>(
    message: RequestMessage<P, R, S>,
    params: P,
    token?: vscode.CancellationToken,
    onProgress?: (step: S) => void,
  ): Promise<R> {
    const { connection } = this;
    if (connection === undefined) throw new Error(vscode.l10n.t('The server is not running.'));
    if (onProgress === undefined) return ask(connection, message, params, token);
    const progressToken = randomUUID();
    const listening = connection.onProgress(new ProgressType<S>(), progressToken, onProgress);
    try {
      return await ask(connection, message, { ...params, progressToken }, token);
    } finally {
      listening.dispose();
    }
  }

  /** Notifies the server, if it is running. */
  notify<P>(message: NotificationMessage<P>, params: P): void {
    const { connection } = this;
    connection?.sendNotification(message.method, params).catch((error: unknown) => this.log.warn(describeError(error)));
  }

  /** Starts the server. A failure becomes a state, never an exception. */
  async start(): Promise<void> {
    clearTimeout(this.retry);
    this.isStopping = false;
    this.backOff.started();
    if (this.current.kind !== 'restarting') this.set({ kind: 'starting' });
    const client = this.makeClient();
    this.client = client;
    try {
      await client.start();
      client.onNotification(StatusNotification.method, (status: ServerStatus) => this.follow(client, status));
      client.onNotification(FilesChangedNotification.method, () => this.filesEmitter.fire());
      this.follow(client, await ask(client, StatusRequest, undefined));
      this.filesEmitter.fire();
    } catch (error) {
      if (this.client !== client) return;
      this.log.error(`The server did not start: ${describeError(error)}`);
      this.ended(client);
    }
  }

  /** Stops the server permanently. */
  async stop(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.retry);
    const { client } = this;
    this.client = undefined;
    if (client?.state === State.Running || client?.state === State.Starting) {
      await client
        .dispose(3000)
        .catch((error: unknown) => this.log.warn(`The server did not stop: ${describeError(error)}`));
    }
  }

  /** Stops the server and starts it again: on the user's request, or because a setting requires it. */
  async restart(): Promise<void> {
    await this.stop();
    this.backOff.reset();
    this.set({ kind: 'starting' });
    await this.start();
  }

  dispose(): void {
    this.stateEmitter.dispose();
    this.filesEmitter.dispose();
  }

  private makeClient(): LanguageClient {
    const module = this.context.asAbsolutePath('dist/server.js');
    const options: InitializationOptions = {
      protocolVersion: PROTOCOL_VERSION,
      trusted: vscode.workspace.isTrusted,
    };
    const client: LanguageClient = new LanguageClient(
      'memmamba',
      'MemMamba',
      { run: { module, transport: TransportKind.ipc }, debug: { module, transport: TransportKind.ipc } },
      {
        documentSelector,
        outputChannel: this.log,
        initializationOptions: options,
        initializationFailedHandler: () => false,
        middleware: this.middleware,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => {
            this.ended(client);
            return { action: CloseAction.DoNotRestart, handled: true, message: 'The server process stopped.' };
          },
        },
      },
    );
    return client;
  }

  private follow(client: LanguageClient, status: ServerStatus): void {
    if (this.client === client) this.set(stateOf(status));
  }

  /** The process exited unexpectedly: starts another one after a delay. */
  private ended(client: LanguageClient): void {
    if (this.client !== client || this.isStopping) return;
    this.client = undefined;
    const next = this.backOff.ended();
    if (next === undefined) {
      this.set({ kind: 'stopped', message: vscode.l10n.t('The server keeps crashing.') });
      return;
    }
    this.log.warn(`The server stopped; it restarts in ${next.milliseconds} ms (attempt ${next.attempt}).`);
    this.set({ kind: 'restarting', ...next });
    this.retry = setTimeout(() => void this.start(), next.milliseconds);
  }

  private set(state: ClientState): void {
    this.current = state;
    this.stateEmitter.fire(state);
  }
}

function ask<P, R>(
  client: LanguageClient,
  { method }: RequestMessage<P, R, unknown>,
  params: P,
  token?: vscode.CancellationToken,
): Promise<R> {
  return params === undefined ? client.sendRequest<R>(method, token) : client.sendRequest<R>(method, params, token);
}
