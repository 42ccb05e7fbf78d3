import * as vscode from 'vscode';
import { settingsFrom, type SettingName, type Settings } from '../protocol';

/** All settings as they hold for a place (a document or folder), or for the window. */
export function settings(scope?: vscode.ConfigurationScope): Settings {
  return settingsFrom(vscode.workspace.getConfiguration('memmamba', scope));
}

/** Settings that the server reads once, when it starts. */
const atStart: readonly SettingName[] = [
  'engine.provider',
  'engine.threads',
  'engine.modelFolder',
  'store.folder',
  'store.quota',
];

/** Whether a change of the configuration asks for a new server. */
export function needsRestart(event: vscode.ConfigurationChangeEvent): boolean {
  return atStart.some((name) => event.affectsConfiguration(`memmamba.${name}`));
}
