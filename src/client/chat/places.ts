import * as vscode from 'vscode';
import type { AskScope } from '../../protocol';
import { activeFile } from '../activeFile';

/** The scope of a word such as a chat command; a file only if one is in front, else the workspace. */
export function scopeOf(kind: string | undefined): AskScope {
  if (kind === 'openFiles') return { kind };
  const document = kind === 'file' ? activeFile()?.document : undefined;
  return document === undefined ? { kind: 'workspace' } : { kind: 'file', uri: document.uri.toString() };
}

/** `src/a.ts:41` */
export function placeName(uri: string, line: number): string {
  return `${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}:${line}`;
}

/** Where a citation leads. */
export function locationOf({ uri, line }: { uri: string; line: number }): vscode.Location {
  return new vscode.Location(vscode.Uri.parse(uri), new vscode.Position(line - 1, 0));
}
