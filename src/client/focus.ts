import * as vscode from 'vscode';
import { FocusNotification, type FocusParams } from '../protocol';
import { activeFile } from './activeFile';
import type { ServerProcess } from './serverProcess';

/** The cursor must rest in a line this long before the server prepares a completion. Milliseconds. */
const REST = 60;

/**
 * Tells the server which file is active, so that it is read first, and the line of the cursor, to prepare a completion there.
 */
export class Focus implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable[];
  private told: string | undefined;
  private pause: NodeJS.Timeout | undefined;
  private wasRunning = false;

  constructor(private readonly server: ServerProcess) {
    this.subscriptions = [
      vscode.window.onDidChangeActiveTextEditor(() => this.tell()),
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor.document === activeFile()?.document) this.tellSoon();
      }),
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
    clearTimeout(this.pause);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private tellSoon(): void {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.tell(), REST);
  }

  private tell(): void {
    clearTimeout(this.pause);
    if (this.server.connection === undefined) return;
    const params = this.params();
    const { active } = params;
    const place = active ? `${active.line} ${active.uri}` : '';
    if (place === this.told) return;
    this.told = place;
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
