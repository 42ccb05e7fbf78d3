import * as vscode from 'vscode';
import { formatBytes, formatCount } from '../common';
import { FilesRequest, type FileEntry, type FileState } from '../protocol';
import type { ServerProcess } from './serverProcess';
import { stateText } from './statusText';

const icons: Record<FileState['kind'], vscode.ThemeIcon> = {
  waiting: new vscode.ThemeIcon('circle-outline'),
  reading: new vscode.ThemeIcon('sync~spin'),
  fresh: new vscode.ThemeIcon('check', new vscode.ThemeColor('testing.iconPassed')),
  stale: new vscode.ThemeIcon('history'),
  skipped: new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('disabledForeground')),
  failed: new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')),
};

/** The tree of files with their stages. */
export class FilesTree implements vscode.TreeDataProvider<FileEntry>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.emitter.event;
  private readonly view: vscode.TreeView<FileEntry>;
  private readonly subscriptions: { dispose(): unknown }[];

  constructor(private readonly server: ServerProcess) {
    this.view = vscode.window.createTreeView('memmamba.files', { treeDataProvider: this, canSelectMany: true });
    this.subscriptions = [
      this.view,
      this.emitter,
      server.onDidChangeFiles(() => {
        if (this.view.visible) this.emitter.fire();
      }),
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) this.emitter.fire();
      }),
      server.onDidChangeState(() => this.describe()),
    ];
  }

  /** The selection, for commands that are not called on a line. */
  get selection(): readonly FileEntry[] {
    return this.view.selection;
  }

  async getChildren(parent?: FileEntry): Promise<FileEntry[]> {
    if (this.server.connection === undefined) return [];
    try {
      return (await this.server.request(FilesRequest, parent === undefined ? {} : { folder: parent.uri })).entries;
    } catch {
      // The server is shutting down; the next state brings the tree back.
      return [];
    }
  }

  getTreeItem(entry: FileEntry): vscode.TreeItem {
    const item = new vscode.TreeItem(vscode.Uri.parse(entry.uri));
    item.label = entry.name;
    item.id = entry.uri;
    if (entry.type === 'folder') {
      const { counts } = entry;
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0) - counts.skipped;
      item.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
      item.iconPath = vscode.ThemeIcon.Folder;
      item.description = vscode.l10n.t('{0} of {1} read', formatCount(counts.fresh), formatCount(total));
      item.tooltip = vscode.l10n.t('{0} skipped, {1} failed', formatCount(counts.skipped), formatCount(counts.failed));
      item.contextValue = 'memmamba.folder';
      return item;
    }
    const text = stateText(entry.state);
    item.iconPath = icons[entry.state.kind];
    item.description = text;
    item.tooltip = `${entry.name}: ${text}`;
    item.accessibilityInformation = { label: `${entry.name}, ${text}` };
    item.contextValue = `memmamba.file.${entry.state.kind}`;
    item.command = { command: 'vscode.open', title: '', arguments: [item.resourceUri] };
    return item;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Shows the size of the store next to the view's title. */
  private describe(): void {
    const { state } = this.server;
    const store = state.kind === 'running' ? state.status.store : undefined;
    this.view.description = store ? vscode.l10n.t('{0} on disk', formatBytes(store.bytes)) : '';
  }
}
