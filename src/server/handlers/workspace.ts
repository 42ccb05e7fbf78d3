import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  type Connection,
  type FileEvent,
} from 'vscode-languageserver/node';
import { basename } from 'node:path';
import { describeError, formatDuration, plural, type Logger } from '../../common';
import { settingsFrom } from '../../protocol';
import { pathOf } from '../../workspace';
import type { Session } from '../session';
import { countStates } from '../tree';

/** The relevant capabilities of the client. */
export interface ClientAbilities {
  configuration: boolean;
  folders: boolean;
  watching: boolean;
}

/** Changes on disk are collected for this long; a branch switch causes thousands of them. Milliseconds. */
const GATHERING = 300;

/** With more changes than this, walking the folders again is faster. */
const MANY = 500;

/** Follows the workspace: folders, settings, changes on disk. */
export class WorkspaceFollower {
  private readonly events = new Map<string, FileChangeType>();
  private gathering: NodeJS.Timeout | undefined;
  private roots: string[] = [];
  private readonly closing = new AbortController();

  constructor(
    private readonly connection: Connection,
    private readonly session: Session,
    private readonly log: Logger,
  ) {
    connection.onDidChangeWatchedFiles(({ changes }) => this.gather(changes));
  }

  /** Fetches the settings, and subscribes to changes. */
  async start(abilities: ClientAbilities): Promise<void> {
    const { connection } = this;
    if (abilities.configuration) {
      connection.onDidChangeConfiguration(() => void this.fetchSettings());
      await connection.client.register(DidChangeConfigurationNotification.type, { section: 'memmamba' });
      await this.fetchSettings();
    } else {
      connection.onDidChangeConfiguration(({ settings }: { settings: unknown }) => {
        const own = (settings as { memmamba?: unknown } | undefined)?.memmamba;
        void this.session.apply(settingsFrom(own));
      });
      await this.session.apply(this.session.settings);
    }
    if (abilities.watching) {
      await connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: '**/*' }] });
    }
    if (abilities.folders) {
      connection.workspace.onDidChangeWorkspaceFolders(() => {
        void connection.workspace
          .getWorkspaceFolders()
          .then((now) => this.setFolders((now ?? []).flatMap(({ uri }) => pathOf(uri) ?? [])));
      });
    }
  }

  close(): void {
    clearTimeout(this.gathering);
    this.closing.abort();
  }

  private async fetchSettings(): Promise<void> {
    await this.session.apply(settingsFrom(await this.connection.workspace.getConfiguration('memmamba')));
  }

  /** Walks the workspace folders (paths). */
  async setFolders(roots: string[]): Promise<void> {
    this.roots = roots;
    const { workspace } = this.session;
    workspace.setRoots(roots);
    const started = performance.now();
    try {
      await workspace.explore(this.closing.signal);
      const { skipped, ...others } = countStates(workspace.files.values());
      const files = Object.values(others).reduce((sum, count) => sum + count, 0);
      const time = formatDuration(performance.now() - started);
      this.log.info(`scanned the workspace in ${time}: ${plural(files, 'file')} to read, ${skipped} left out`);
    } catch (error) {
      if (!this.closing.signal.aborted) this.log.error(`the workspace cannot be scanned: ${describeError(error)}`);
    }
    // Reading waits until the files are known.
    void this.session.toolsIfReady?.reader.pump();
  }

  private gather(changes: readonly FileEvent[]): void {
    for (const { uri, type } of changes) {
      const path = pathOf(uri);
      if (path !== undefined) this.events.set(path, type);
    }
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => void this.follow(), GATHERING);
  }

  private async follow(): Promise<void> {
    const events = [...this.events];
    this.events.clear();
    let again = events.length > MANY;
    again ||= events.some(([path]) => ['.gitignore', '.memmambaignore'].includes(basename(path)));
    const { workspace } = this.session;
    try {
      for (const [path, type] of events) {
        if (type === FileChangeType.Deleted) workspace.deletedOnDisk(path);
        else if (events.length <= MANY || workspace.files.has(path))
          again = (await workspace.changedOnDisk(path)) || again;
      }
      if (again) await this.setFolders(this.roots);
    } catch (error) {
      this.log.error(`changes on disk cannot be processed: ${describeError(error)}`);
    }
  }
}
