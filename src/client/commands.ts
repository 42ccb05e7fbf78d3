import * as vscode from 'vscode';
import { describeError, formatBytes } from '../common';
import { ForgetAllRequest, ForgetRequest, PauseNotification, ReadRequest, type FileEntry } from '../protocol';
import { activeFile } from './activeFile';
import type { AskController } from './ask';
import type { FilesTree } from './filesTree';
import type { MemoryController } from './memory';
import type { ServerProcess } from './serverProcess';
import { settings } from './settings';
import type { Snooze } from './snooze';
import { showStatusMenu } from './statusMenu';

/** The features that commands act on. */
export interface Features {
  server: ServerProcess;
  tree: FilesTree;
  ask: AskController;
  snooze: Snooze;
  memory: MemoryController;
}

/** Registers all commands of the palette, the views and the status item. */
export function registerCommands({ server, tree, ask, snooze, memory }: Features): vscode.Disposable[] {
  const command = (name: string, work: (...args: never[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`memmamba.${name}`, async (...args: never[]) => {
      try {
        return await work(...args);
      } catch (error) {
        server.log.error(describeError(error));
        void vscode.window.showErrorMessage(`MemMamba: ${describeError(error)}`);
        return undefined;
      }
    });
  const pause = (paused: boolean): void => server.notify(PauseNotification, { paused });

  return [
    command('ask', () => ask.askByInput()),
    command('openAskView', () => vscode.commands.executeCommand('memmamba.ask.focus')),
    command('askHistoryClear', () => ask.clear()),
    command('triggerCompletion', () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger')),
    command('snooze', (minutes?: number) => snooze.start(typeof minutes === 'number' ? minutes : undefined)),
    command('endSnooze', () => snooze.end()),
    command('toggleLanguage', toggleLanguage),
    command('pauseReading', () => pause(true)),
    command('resumeReading', () => pause(false)),
    command('readAgain', (entry?: FileEntry, all?: FileEntry[]) =>
      server.request(ReadRequest, { uris: chosen(server, tree, entry, all) }),
    ),
    command('forget', (entry?: FileEntry, all?: FileEntry[]) =>
      server.request(ForgetRequest, { uris: chosen(server, tree, entry, all) }),
    ),
    command('forgetAll', () => forgetAll(server)),
    command('openMemoryView', () => vscode.commands.executeCommand('memmamba.memory.focus')),
    command('toggleHighlight', () => memory.highlight.toggle()),
    command('showRecalledByCompletion', () => memory.showAttended('completion')),
    command('showRecalledByAnswer', () => memory.showAttended('answer')),
    command('hideRecalled', () => memory.hideAttended()),
    command('statusMenu', () => showStatusMenu(server, snooze)),
    command('restartServer', () => server.restart()),
    command('showLog', () => server.log.show()),
    command('openSettings', () =>
      vscode.commands.executeCommand('workbench.action.openSettings', '@ext:memmamba.memmamba'),
    ),
    command('openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', 'memmamba.memmamba#start', false),
    ),
  ];
}

/** The files a command applies to: the line it was called on, the selection in the tree, or the active file. */
function chosen(server: ServerProcess, tree: FilesTree, entry?: FileEntry, all?: FileEntry[]): string[] {
  const lines = all && all.length > 0 ? all : entry ? [entry] : [];
  if (lines.length > 0) return lines.map(({ uri }) => uri);
  const active = activeFile()?.document.uri;
  if (active && server.connection) return [server.connection.code2ProtocolConverter.asUri(active)];
  return tree.selection.map(({ uri }) => uri);
}

async function forgetAll(server: ServerProcess): Promise<void> {
  const { state } = server;
  if (state.kind !== 'running') return;
  const { store } = state.status;
  const forget = vscode.l10n.t('Forget Everything');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Forget everything that was read, for all projects?'),
    {
      modal: true,
      detail: vscode.l10n.t(
        '{0} in {1}. Your files are not changed and can be read again.',
        formatBytes(store?.bytes ?? 0),
        store?.folder ?? '',
      ),
    },
    forget,
  );
  if (answer === forget) await server.request(ForgetAllRequest, undefined);
}

async function toggleLanguage(): Promise<void> {
  const document = activeFile()?.document;
  if (document === undefined) return;
  const languages = settings(document)['completion.languages'];
  const now = languages[document.languageId] ?? languages['*'] ?? true;
  await vscode.workspace
    .getConfiguration('memmamba')
    .update('completion.languages', { ...languages, [document.languageId]: !now }, vscode.ConfigurationTarget.Global);
}
