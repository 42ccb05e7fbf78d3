import * as vscode from 'vscode';
import { AskRequest } from '../../protocol';
import type { ServerProcess } from '../serverProcess';
import { placeName, scopeOf } from './locations';
import { fenced } from './markdown';

/** Input of the tool, as in package.json. */
interface RecallInput {
  question: string;
  scope?: 'file' | 'openFiles' | 'workspace';
  maxResults?: number;
}

/** More places would fill a caller's context for nothing. */
const MAX_RESULTS = 10;

/** `memmamba_recall`: the places in memory that are relevant to a question, for chat models and agents. */
class RecallTool implements vscode.LanguageModelTool<RecallInput> {
  constructor(private readonly server: ServerProcess) {}

  prepareInvocation({
    input,
  }: vscode.LanguageModelToolInvocationPrepareOptions<RecallInput>): vscode.PreparedToolInvocation {
    return { invocationMessage: vscode.l10n.t('Searching memory for: {0}', input.question) };
  }

  /** @throws Error when the question is empty or the server cannot answer */
  async invoke(
    { input }: vscode.LanguageModelToolInvocationOptions<RecallInput>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const question = input.question.trim();
    if (question === '') throw new Error('The question is empty.');
    const maxCitations = Math.max(1, Math.min(input.maxResults ?? 5, MAX_RESULTS));
    const result = await this.server.request(
      AskRequest,
      { question, scope: scopeOf(input.scope), maxCitations },
      token,
    );
    const { found, isSure, citations, searched, read } = result;
    const places = `${citations.length} places, best first`;
    const outcome = !found ? 'Not found' : isSure ? places : `Not sure; ${places}`;
    const header = `${outcome} (files searched by words: ${searched}, read by the model: ${read}).`;
    const shown = citations.map(
      ({ uri, line, endLine, symbol, text }) =>
        `${placeName(uri, line)} (to line ${endLine}${symbol === undefined ? '' : `, ${symbol}`})\n${fenced(text)}`,
    );
    return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart([header, ...shown].join('\n\n'))]);
  }
}

export function registerRecallTool(server: ServerProcess): vscode.Disposable[] {
  return [vscode.lm.registerTool('memmamba_recall', new RecallTool(server))];
}
