import * as vscode from 'vscode';
import { describeError } from '../../common';
import { MemoryPanelRequest, type MemoryPanelResult } from '../../protocol';
import type { ServerProcess } from '../serverProcess';

/** The known memory of a file: the latest state, and the latest view model, which may be of an earlier text. */
export type KnownMemory = MemoryPanelResult;

/** View models of the watched files, kept up to date. One request at a time for each file, and no view model is sent twice. */
export class ViewModels implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<string>();
  /** The memory of the file with this URI has changed. */
  readonly onDidChange = this.emitter.event;
  private readonly known = new Map<string, KnownMemory>();
  private readonly running = new Map<string, { again: boolean }>();
  private readonly watchers: (() => Iterable<string>)[] = [];
  private readonly subscriptions: { dispose(): unknown }[];

  constructor(private readonly server: ServerProcess) {
    this.subscriptions = [
      this.emitter,
      server.onDidChangeFiles(() => this.update()),
      server.onDidChangeState(() => this.update()),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Adds a watcher of files. @param uris called at each change */
  addWatcher(uris: () => Iterable<string>): void {
    this.watchers.push(uris);
  }

  get(uri: string): KnownMemory | undefined {
    return this.known.get(uri);
  }

  /** Requests the view models of watched files; drops the others. */
  update(): void {
    const wanted = new Set(this.watchers.flatMap((uris) => [...uris()]));
    for (const uri of this.known.keys()) if (!wanted.has(uri)) this.known.delete(uri);
    if (this.server.connection === undefined) return;
    for (const uri of wanted) void this.refresh(uri);
  }

  private async refresh(uri: string): Promise<void> {
    const running = this.running.get(uri);
    if (running) {
      running.again = true;
      return;
    }
    const own = { again: true };
    this.running.set(uri, own);
    try {
      while (own.again) {
        own.again = false;
        await this.ask(uri);
      }
    } catch (error) {
      // The file is not known yet, or the server is shutting down: the next change tries again.
      this.server.log.debug(`no memory of ${uri}: ${describeError(error)}`);
    } finally {
      this.running.delete(uri);
    }
  }

  private async ask(uri: string): Promise<void> {
    const before = this.known.get(uri);
    const have = before?.revision;
    const result = await this.server.request(MemoryPanelRequest, {
      uri,
      ...(have !== undefined && have !== '' && { have }),
    });
    const viewModel = result.viewModel ?? (result.revision === have ? before?.viewModel : undefined);
    const isSame =
      before !== undefined &&
      viewModel === before.viewModel &&
      JSON.stringify(before.state) === JSON.stringify(result.state);
    this.known.set(uri, { ...result, ...(viewModel && { viewModel }) });
    if (!isSame) this.emitter.fire(uri);
  }
}
