import * as vscode from 'vscode';
import { documentSelector } from './serverProcess';

/** The active text editor. Output panels and the like are editors, too, but do not count. */
export function activeFile(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const editors = activeTextEditor ? [activeTextEditor, ...visibleTextEditors] : visibleTextEditors;
  return editors.find(({ document }) => vscode.languages.match(documentSelector, document) > 0);
}
