import * as vscode from 'vscode';
import { settingsFrom, type SettingName, type Settings } from '../protocol';

/** All settings for a document or folder, or for the window. */
export function settings(scope?: vscode.ConfigurationScope): Settings {
  return settingsFrom(vscode.workspace.getConfiguration('memmamba', scope));
}

/** Settings that the server reads only at start. */
const atStart: readonly SettingName[] = [
  'engine.provider',
  'engine.threads',
  'engine.modelFolder',
  'store.folder',
  'store.quota',
];

/** Whether a configuration change requires a new server. */
export function needsRestart(event: vscode.ConfigurationChangeEvent): boolean {
  return atStart.some((name) => event.affectsConfiguration(`memmamba.${name}`));
}
