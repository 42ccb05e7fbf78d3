import * as vscode from 'vscode';
import { FocusNotification, type FocusParams } from '../protocol';
import { activeFile } from './activeFile';
import type { ServerProcess } from './serverProcess';

/** Tells the server which file is in front, so that it is read first. */
export class Focus implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private told: string | undefined;
  private wasRunning = false;

  constructor(private readonly server: ServerProcess) {
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(() => this.tell()),
      server.onDidChangeState(({ kind }) => {
        const isRunning = kind === 'running';
        if (isRunning && !this.wasRunning) {
          this.told = undefined;
          this.tell();
        }
        this.wasRunning = isRunning;
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private tell(): void {
    if (this.server.connection === undefined) return;
    const params = this.params();
    const uri = params.active?.uri ?? '';
    if (uri === this.told) return;
    this.told = uri;
    this.server.notify(FocusNotification, params);
  }

  private params(): FocusParams {
    const editor = activeFile();
    const { connection } = this.server;
    if (!editor || !connection) return {};
    const uri = connection.code2ProtocolConverter.asUri(editor.document.uri);
    const { line, character } = editor.selection.active;
    return { active: { uri, line, character } };
  }
}
