import {
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver/node';
import { describeError, version, type Logger } from '../common';
import { FilesChangedNotification, StatusNotification, type InitializationOptions } from '../protocol';
import { notify } from './connection';
import {
  handleAsk,
  handleDefinition,
  handleDocuments,
  handleFidelity,
  handleInline,
  handleMemoryPanel,
  handleReading,
  WorkspaceFollower,
  type ClientAbilities,
} from './handlers';
import { pathOf } from '../workspace';
import { Session } from './session';
import { Throttle } from './throttle';

/** Minimum interval between status messages. Milliseconds. */
const STATUS_INTERVAL = 200;

/** Minimum interval between messages about the tree of files. Milliseconds. */
const FILES_INTERVAL = 500;

/** Serves a client on a connection until it asks to shut down. */
export function serve(connection: Connection): void {
  const log: Logger = {
    debug: (message) => connection.console.debug(message),
    info: (message) => connection.console.info(message),
    warn: (message) => connection.console.warn(message),
    error: (message) => connection.console.error(message),
  };
  const status = new Throttle(STATUS_INTERVAL, () => notify(connection, StatusNotification, session.status()));
  const files = new Throttle(FILES_INTERVAL, () => notify(connection, FilesChangedNotification));
  const session: Session = new Session(log, () => {
    status.call();
    files.call();
  });
  const documents = handleDocuments(connection, session);
  const follower = new WorkspaceFollower(connection, session, log);
  let abilities: ClientAbilities = { configuration: false, folders: false, watching: false };
  let folders: string[] = [];

  connection.onInitialize((params): InitializeResult => {
    const { workspace } = params.capabilities;
    abilities = {
      configuration: workspace?.configuration === true,
      folders: workspace?.workspaceFolders === true,
      watching: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    };
    folders = (params.workspaceFolders ?? []).flatMap(({ uri }) => pathOf(uri) ?? []);
    session.workspace.setRoots(folders);
    const { trusted = true, protocolVersion } = initializationOptions(params);
    session.workspace.isTrusted = trusted;
    // A client that sends no version is not ours: it uses the messages of LSP only.
    if (protocolVersion !== undefined) session.meet(protocolVersion);
    return {
      serverInfo: { name: 'memmamba', version },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        inlineCompletionProvider: true,
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
    };
  });

  connection.onInitialized(() => {
    void follower
      .start(abilities)
      .catch((error: unknown) => log.error(`settings cannot be read: ${describeError(error)}`))
      .then(() => Promise.all([session.open(), follower.setFolders(folders)]));
  });

  connection.onShutdown(async () => {
    follower.close();
    status.stop();
    files.stop();
    await session.close();
  });

  // A bug in background work must be visible, and must not take the memory of the other files with it.
  process.on('unhandledRejection', (reason) =>
    log.error(`defect: ${(reason as Error | undefined)?.stack ?? String(reason)}`),
  );

  handleInline(connection, session, documents, log);
  handleAsk(connection, session);
  handleDefinition(connection, session);
  handleMemoryPanel(connection, session);
  handleFidelity(connection, session);
  handleReading(connection, session);
  connection.listen();
}

function initializationOptions(params: InitializeParams): Partial<InitializationOptions> {
  return (params.initializationOptions ?? {}) as Partial<InitializationOptions>;
}
