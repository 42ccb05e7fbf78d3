import * as vscode from 'vscode';
import { documentSelector } from './serverProcess';

/** The editor with the file in front of the user. Output panels and the like are editors, too: they do not count. */
export function activeFile(): vscode.TextEditor | undefined {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  const editors = activeTextEditor ? [activeTextEditor, ...visibleTextEditors] : visibleTextEditors;
  return editors.find(({ document }) => vscode.languages.match(documentSelector, document) > 0);
}
