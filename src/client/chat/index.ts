import * as vscode from 'vscode';
import type { ServerProcess } from '../serverProcess';
import { registerLocalModel } from './localModel';
import { answer, registerParticipant, type ChatOutcome } from './participant';
import { registerRecallTool } from './recallTool';

export type { ChatOutcome } from './participant';

/** The memory in the editor's chat, as far as this editor has one. */
export class Chat implements vscode.Disposable {
  private readonly registered: vscode.Disposable[];

  constructor(
    context: vscode.ExtensionContext,
    private readonly server: ServerProcess,
  ) {
    this.registered = register(context, server, (request, stream, token) => this.answer(request, stream, token));
  }

  /** Answers one request to `@memmamba`. @throws the server's error */
  answer(
    request: vscode.ChatRequest,
    stream: vscode.ChatResponseStream,
    token: vscode.CancellationToken,
  ): Promise<ChatOutcome> {
    return answer(this.server, request, stream, token);
  }

  dispose(): void {
    for (const registration of this.registered) registration.dispose();
  }
}

function register(context: vscode.ExtensionContext, server: ServerProcess, asked: Chat['answer']): vscode.Disposable[] {
  // The types promise these, but editors built on older or trimmed versions lack some of them.
  const { chat, lm } = vscode as Partial<Pick<typeof vscode, 'chat' | 'lm'>>;
  const has = (api: object | undefined, name: string): boolean =>
    typeof (api as Record<string, unknown> | undefined)?.[name] === 'function';
  return [
    ...(has(lm, 'registerLanguageModelChatProvider') ? registerLocalModel(server) : []),
    ...(has(chat, 'createChatParticipant') ? registerParticipant(context, asked) : []),
    ...(has(lm, 'registerTool') ? registerRecallTool(server) : []),
  ];
}
