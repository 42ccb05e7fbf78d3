import * as vscode from 'vscode';
import type { ServerProcess } from './serverProcess';
import type { Snooze } from './snooze';
import { contextKey } from './state';
import { statusText } from './statusText';

/** The status item, and the context keys for commands and views. */
export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly subscriptions: { dispose(): unknown }[];
  private readonly keys = new Map<string, unknown>();

  constructor(
    private readonly server: ServerProcess,
    private readonly snooze: Snooze,
  ) {
    this.item = vscode.window.createStatusBarItem('memmamba.status', vscode.StatusBarAlignment.Left, 0);
    this.item.name = 'MemMamba';
    this.item.command = 'memmamba.statusMenu';
    this.subscriptions = [
      server.onDidChangeState(() => this.update()),
      snooze.onDidChange(() => this.update()),
      this.item,
    ];
    this.update();
    this.item.show();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private update(): void {
    const { state } = this.server;
    const { text, lines, severity } = statusText(state, this.snooze.minutesLeft);
    this.item.text = text;
    this.item.tooltip = plainMarkdown(lines);
    this.item.accessibilityInformation = { label: `${text.replace(/\$\([^)]*\)\s*/g, '')}. ${lines.join(' ')}` };
    this.item.backgroundColor =
      severity === 'normal' ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
    this.setKey('memmamba.server', contextKey(state));
    const { phase } = state.kind === 'running' ? state.status : { phase: undefined };
    this.setKey('memmamba.paused', phase?.kind === 'paused' && phase.why === 'user');
  }

  private setKey(key: string, value: unknown): void {
    if (this.keys.get(key) === value) return;
    this.keys.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}

/** Lines below each other, with Markdown escaped. */
function plainMarkdown(lines: readonly string[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  for (const line of lines) markdown.appendText(line).appendMarkdown('\n\n');
  return markdown;
}
