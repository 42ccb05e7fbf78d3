import * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';
import { isLanguageEnabled } from '../protocol';
import { CompletionCache } from './completionCache';
import { EditTrail } from './editTrail';
import { settings } from './settings';
import type { Snooze } from './snooze';

/**
 * Handles the editor's inline completion requests: whether one is wanted, the cache, the pause in typing, then the server. Each
 * request settles.
 */
export class InlineCompletion implements vscode.Disposable {
  readonly middleware: NonNullable<Middleware['provideInlineCompletionItems']>;
  private readonly cache = new CompletionCache();
  private readonly trail = new EditTrail();
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(private readonly snooze: Snooze) {
    this.subscriptions.push(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) =>
        this.trail.changed(document.uri.toString(), contentChanges, reason !== undefined),
      ),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.trail.closed(uri.toString())),
      vscode.commands.registerCommand('memmamba.completionAccepted', () => {
        void vscode.commands.executeCommand('setContext', 'memmamba.completed', true);
      }),
    );
    this.middleware = async (document, position, context, token, next) => {
      const isAutomatic = context.triggerKind === vscode.InlineCompletionTriggerKind.Automatic;
      if (!this.isWanted(document, isAutomatic)) return [];
      const uri = document.uri.toString();
      const selected = context.selectedCompletionInfo !== undefined;
      const { before, after } = around(document, position);
      const known = selected ? undefined : this.cache.find(uri, before, after, isAutomatic);
      if (known !== undefined) return [item(known, new vscode.Range(position, position))];
      if (isAutomatic && !(await rest(settings(document)['completion.debounce'], token))) return [];

      const { version } = document;
      const offered = await next(document, position, context, token);
      const items = (Array.isArray(offered) ? offered : (offered?.items ?? [])).map(({ insertText, range }) =>
        item(typeof insertText === 'string' ? insertText : insertText.value, range),
      );
      if (token.isCancellationRequested || document.version !== version) return [];
      const [first] = items;
      if (first && !selected) this.cache.add({ uri, before, after, insertText: first.insertText as string });
      return items;
    };
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private isWanted(document: vscode.TextDocument, isAutomatic: boolean): boolean {
    const chosen = settings(document);
    if (!chosen['completion.enabled'] || !isLanguageEnabled(chosen['completion.languages'], document.languageId)) {
      return false;
    }
    if (!isAutomatic) return true;
    if (chosen['completion.trigger'] === 'manual' || this.snooze.isOn) return false;
    return !this.trail.wentBack(document.uri.toString());
  }
}

function item(insertText: string, range: vscode.Range | undefined): vscode.InlineCompletionItem {
  const command = { command: 'memmamba.completionAccepted', title: '' };
  return new vscode.InlineCompletionItem(insertText, range, command);
}

function around(document: vscode.TextDocument, position: vscode.Position): { before: string; after: string } {
  const text = document.getText();
  const offset = document.offsetAt(position);
  return { before: text.slice(0, offset), after: text.slice(offset) };
}

/** Waits. @returns false when the request was cancelled in the meantime */
function rest(milliseconds: number, token: vscode.CancellationToken): Promise<boolean> {
  if (token.isCancellationRequested) return Promise.resolve(false);
  if (milliseconds <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      listening.dispose();
      resolve(true);
    }, milliseconds);
    const listening = token.onCancellationRequested(() => {
      clearTimeout(timer);
      listening.dispose();
      resolve(false);
    });
  });
}
