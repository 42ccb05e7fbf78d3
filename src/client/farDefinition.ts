import * as vscode from 'vscode';
import { formatCount } from '../common';
import { FarDefinitionRequest } from '../protocol';
import type { ServerProcess } from './serverProcess';
import { settings } from './settings';

/** Maximum length of the shown line. Characters. */
const MAX_LENGTH = 120;

/**
 * A hover that tells where a name is defined when its only definition is far up in the same file. Shows nothing otherwise: hovers
 * have many providers already.
 */
export class FarDefinitionHover implements vscode.HoverProvider {
  constructor(private readonly server: ServerProcess) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!settings(document)['hover.farDefinitions'] || this.server.connection === undefined) return undefined;
    const range = document.getWordRangeAtPosition(position, /[\p{L}_$][\p{L}\p{N}_$]*/u);
    if (range === undefined) return undefined;
    const found = await this.server.request(
      FarDefinitionRequest,
      {
        uri: document.uri.toString(),
        name: document.getText(range),
        line: range.start.line,
        character: range.start.character,
      },
      token,
    );
    if (found === null) return undefined;
    const { line, text, tokensAgo } = found;
    const tokens = formatCount(Math.round(Math.abs(tokensAgo) / 1000) * 1000);
    const labels =
      tokensAgo > 0
        ? vscode.l10n.t('Defined on line {0}, {1} tokens above', formatCount(line), tokens)
        : vscode.l10n.t('Defined on line {0}, {1} tokens below', formatCount(line), tokens);
    const link = document.uri.with({ fragment: `L${line}` }).toString();
    const content = new vscode.MarkdownString(`[${labels}](${link}) · MemMamba`);
    content.appendCodeblock(text.slice(0, MAX_LENGTH), document.languageId);
    return new vscode.Hover(content, range);
  }
}
