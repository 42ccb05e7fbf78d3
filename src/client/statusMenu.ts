import * as vscode from 'vscode';
import type { ServerProcess } from './serverProcess';
import type { Snooze } from './snooze';
import { statusText } from './statusText';

interface Action extends vscode.QuickPickItem {
  command?: string;
}

/** The menu behind the status item. */
export async function showStatusMenu(server: ServerProcess, snooze: Snooze): Promise<void> {
  const { state } = server;
  const { lines } = statusText(state, snooze.minutesLeft);
  const phase = state.kind === 'running' ? state.status.phase.kind : undefined;
  const actions: Action[] = [];
  const add = (icon: string, label: string, command: string): number =>
    actions.push({ label: `$(${icon}) ${label}`, command: `memmamba.${command}` });
  if (phase === 'failed' || !['starting', 'running'].includes(state.kind)) {
    add('debug-restart', vscode.l10n.t('Restart Server'), 'restartServer');
  } else {
    add('comment-discussion', vscode.l10n.t('Ask…'), 'ask');
    if (phase === 'paused') add('debug-continue', vscode.l10n.t('Resume Reading'), 'resumeReading');
    else if (phase === 'reading') add('debug-pause', vscode.l10n.t('Pause Reading'), 'pauseReading');
    if (snooze.isOn) add('bell', vscode.l10n.t('End Snooze'), 'endSnooze');
    else add('bell-slash', vscode.l10n.t('Snooze Completions…'), 'snooze');
    add('list-tree', vscode.l10n.t('Show Files'), 'files.focus');
    add('debug-restart', vscode.l10n.t('Restart Server'), 'restartServer');
  }
  add('output', vscode.l10n.t('Show Log'), 'showLog');
  add('settings-gear', vscode.l10n.t('Open Settings'), 'openSettings');
  const status: Action[] = lines.map((line) => ({ label: line }));
  const separator: Action = { label: '', kind: vscode.QuickPickItemKind.Separator };
  const picked = await vscode.window.showQuickPick([...actions, separator, ...status], { title: 'MemMamba' });
  if (picked?.command !== undefined) await vscode.commands.executeCommand(picked.command);
}
