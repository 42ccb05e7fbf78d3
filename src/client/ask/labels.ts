import * as vscode from 'vscode';
import { describeError, formatCount } from '../../common';
import type { AskResult } from '../../protocol';

/** How much was looked through for an answer, in words. */
export function summary({ searched, notRead, skipped, milliseconds }: AskResult): string {
  const parts = [vscode.l10n.t('files searched: {0}', formatCount(searched)), `${formatCount(milliseconds)} ms`];
  if (notRead > 0) parts.push(vscode.l10n.t('{0} not read yet', formatCount(notRead)));
  if (skipped > 0) parts.push(vscode.l10n.t('{0} skipped', formatCount(skipped)));
  return parts.join(' · ');
}

/** The message of a failure, with what can be done about it when the server says so. */
export function failure(error: unknown): string {
  const data = error instanceof Error && 'data' in error ? (error.data as { hint?: string } | undefined) : undefined;
  return [describeError(error), data?.hint].filter((part) => part !== undefined).join(' ');
}

/** Said where a file is asked about and none is in front. */
export function noFileInFront(): Error {
  return new Error(vscode.l10n.t('No file is open. Open one, or ask the whole workspace.'));
}
