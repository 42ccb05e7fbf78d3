import * as vscode from 'vscode';
import { describeError, formatCount } from '../../common';
import type { AskResult } from '../../protocol';

/** What was searched for an answer, as text. */
export function summary({ searched, read, notSearched, skipped, milliseconds }: AskResult): string {
  const parts = [vscode.l10n.t('files searched: {0}', formatCount(searched))];
  if (read < searched) parts.push(vscode.l10n.t('read by the model: {0}', formatCount(read)));
  if (notSearched > 0) parts.push(vscode.l10n.t('{0} not searched yet', formatCount(notSearched)));
  if (skipped > 0) parts.push(vscode.l10n.t('{0} skipped', formatCount(skipped)));
  return [...parts, `${formatCount(milliseconds)} ms`].join(' · ');
}

/** The message of a failure, with the server's hint if there is one. */
export function failure(error: unknown): string {
  const data = error instanceof Error && 'data' in error ? (error.data as { hint?: string } | undefined) : undefined;
  return [describeError(error), data?.hint].filter((part) => part !== undefined).join(' ');
}

/** The error for a question about the active file when there is none. */
export function noFileInFront(): Error {
  return new Error(vscode.l10n.t('No file is open. Open one, or ask the whole workspace.'));
}
