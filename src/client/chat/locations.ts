import * as vscode from 'vscode';
import { visibleLine } from '../../common';
import type { AskScope } from '../../protocol';
import { activeFile } from '../activeFile';
import { noFileInFront } from '../ask';

/** The scope of a chat command; the workspace without one. @throws Error when the active file is requested and there is none */
export function scopeOf(kind: string | undefined): AskScope {
  if (kind === 'openFiles') return { kind };
  if (kind !== 'file') return { kind: 'workspace' };
  const document = activeFile()?.document;
  if (document === undefined) throw noFileInFront();
  return { kind, uri: document.uri.toString() };
}

/** `src/a.ts:41` */
export function placeName(uri: string, line: number): string {
  return visibleLine(`${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}:${line}`);
}

/** The location of a citation. */
export function locationOf({ uri, line }: { uri: string; line: number }): vscode.Location {
  return new vscode.Location(vscode.Uri.parse(uri), new vscode.Position(line - 1, 0));
}
