import * as vscode from 'vscode';
import { documentSelector } from '../serverProcess';
import { shownRange, type Highlight } from './highlight';
import { markAt, type Mark } from './marks';

/** Hover on a highlighted token: which layers keep it and how often it was attended to. */
export function registerHover(highlight: Highlight): vscode.Disposable {
  return vscode.languages.registerHoverProvider(documentSelector, {
    provideHover(document, { line, character }) {
      const mark = markAt(highlight.marksOf(document), line, character);
      const range = mark && shownRange(document, mark);
      if (!mark || !range) return undefined;
      return new vscode.Hover(new vscode.MarkdownString().appendText(hoverText(mark)), range);
    },
  });
}

function hoverText({ layers, attended, peak }: Mark): string {
  const names = layers.join(', ');
  const kept =
    layers.length === 1
      ? vscode.l10n.t('MemMamba: kept by layer {0}', names)
      : vscode.l10n.t('MemMamba: kept by layers {0}', names);
  if (peak !== undefined) {
    return `${kept} · ${vscode.l10n.t('up to {0} % of the attention', (100 * peak).toFixed(1))}`;
  }
  return `${kept} · ${attendedText(attended)}`;
}

function attendedText(attended: number): string {
  if (attended === 0) return vscode.l10n.t('not attended yet');
  return attended === 1 ? vscode.l10n.t('attended once') : vscode.l10n.t('attended {0} times', attended);
}
