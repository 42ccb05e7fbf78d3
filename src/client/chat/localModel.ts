import * as vscode from 'vscode';
import { AskRequest } from '../../protocol';
import type { ServerProcess } from '../serverProcess';
import { placeName, scopeOf } from './locations';
import { escaped, markdownOf } from './markdown';

/** Vendor of our own chat model, as in package.json. */
export const VENDOR = 'memmamba';

/** A rough estimate, as every count before the request is. */
const CHARACTERS_PER_TOKEN = 3.6;

/** A chat model that searches memory for the last message. It makes nothing up and needs no network. */
class MemoryModel implements vscode.LanguageModelChatProvider {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeLanguageModelChatInformation = this.changes.event;

  constructor(private readonly server: ServerProcess) {}

  /**
   * Makes the editor request the model now. Otherwise it does so only once a request has failed for lack of a model, and the first
   * question to `@memmamba` in an editor without any other model would be lost.
   */
  announce(): void {
    this.changes.fire();
  }

  provideLanguageModelChatInformation(): vscode.LanguageModelChatInformation[] {
    return [
      {
        id: 'memmamba-recall',
        name: 'MemMamba Recall',
        family: 'memmamba',
        version: '1',
        tooltip: vscode.l10n.t('Searches what was read for your question. Local, offline.'),
        maxInputTokens: 4096,
        maxOutputTokens: 1024,
        // It needs no tools, but in the chat's default mode the editor accepts only models that support them.
        capabilities: { toolCalling: true },
        // Not in the API of 1.105 yet; some editors list a model, or select it where there is no other, only with these.
        ...{ isUserSelectable: true, isDefault: true },
      },
    ];
  }

  async provideLanguageModelChatResponse(
    _model: vscode.LanguageModelChatInformation,
    messages: readonly vscode.LanguageModelChatRequestMessage[],
    _options: vscode.ProvideLanguageModelChatResponseOptions,
    progress: vscode.Progress<vscode.LanguageModelResponsePart>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const asked = messages.findLast(({ role }) => role === vscode.LanguageModelChatMessageRole.User);
    const question = asked === undefined ? '' : textOf(asked);
    const result = await this.server.request(AskRequest, { question, scope: scopeOf('workspace') }, token);
    const places = result.citations
      .map(({ uri, line }, i) => `[${i + 1}] ${escaped(placeName(uri, line))}`)
      .join('\n\n');
    const text = result.found ? `${markdownOf(result)}\n\n${places}` : vscode.l10n.t('Not found in memory.');
    progress.report(new vscode.LanguageModelTextPart(text));
  }

  provideTokenCount(
    _model: vscode.LanguageModelChatInformation,
    text: string | vscode.LanguageModelChatRequestMessage,
  ): Promise<number> {
    const content = typeof text === 'string' ? text : textOf(text);
    return Promise.resolve(Math.ceil(content.length / CHARACTERS_PER_TOKEN));
  }
}

function textOf({ content }: vscode.LanguageModelChatRequestMessage): string {
  return content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
}

/** Registers the model with the editor. */
export function registerLocalModel(server: ServerProcess): vscode.Disposable[] {
  const model = new MemoryModel(server);
  const registration = vscode.lm.registerLanguageModelChatProvider(VENDOR, model);
  model.announce();
  return [registration];
}
