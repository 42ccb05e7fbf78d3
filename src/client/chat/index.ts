import * as vscode from 'vscode';
import type { ServerProcess } from '../serverProcess';
import { registerLocalModel } from './localModel';
import { registerParticipant } from './participant';
import { registerRecallTool } from './recallTool';

export type { ChatOutcome } from './participant';

/** MemMamba in the editor's chat, as far as this editor supports it. */
export class Chat implements vscode.Disposable {
  private readonly registered: vscode.Disposable[];

  constructor(context: vscode.ExtensionContext, server: ServerProcess) {
    this.registered = register(context, server);
  }

  dispose(): void {
    for (const registration of this.registered) registration.dispose();
  }
}

function register(context: vscode.ExtensionContext, server: ServerProcess): vscode.Disposable[] {
  // The types promise these, but editors built on older or trimmed versions lack some of them.
  const { chat, lm } = vscode as Partial<Pick<typeof vscode, 'chat' | 'lm'>>;
  const has = (api: object | undefined, name: string): boolean =>
    typeof (api as Record<string, unknown> | undefined)?.[name] === 'function';
  return [
    ...(has(lm, 'registerLanguageModelChatProvider') ? registerLocalModel(server) : []),
    ...(has(chat, 'createChatParticipant') ? registerParticipant(context, server) : []),
    ...(has(lm, 'registerTool') ? registerRecallTool(server) : []),
  ];
}
