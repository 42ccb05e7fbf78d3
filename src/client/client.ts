import * as vscode from 'vscode';
import { TrustNotification } from '../protocol';
import { AskController } from './ask';
import { Chat } from './chat';
import { registerCommands } from './commands';
import { FarDefinitionHover } from './farDefinition';
import { FilesTree } from './filesTree';
import { Focus } from './focus';
import { InlineCompletion } from './inlineCompletion';
import { MemoryController } from './memory';
import { ServerProcess } from './serverProcess';
import { needsRestart } from './settings';
import { Snooze } from './snooze';
import { StatusItem } from './statusItem';
import { showWalkthroughOnce } from './welcome';

/** The extension's part inside the editor: creates the features and connects them to the server process. */
export class Client {
  /** The server, for tests of the extension. */
  readonly server: ServerProcess;
  /** The memory views, for tests of the extension. */
  readonly memory: MemoryController;

  constructor(context: vscode.ExtensionContext) {
    const log = vscode.window.createOutputChannel('MemMamba', { log: true });
    const snooze = new Snooze();
    const inline = new InlineCompletion(snooze);
    this.server = new ServerProcess(context, log, { provideInlineCompletionItems: inline.middleware });
    const tree = new FilesTree(this.server);
    const ask = new AskController(context, this.server);
    this.memory = new MemoryController(context, this.server);
    context.subscriptions.push(
      log,
      snooze,
      inline,
      this.server,
      tree,
      ask,
      this.memory,
      new StatusItem(this.server, snooze),
      new Focus(this.server),
      new Chat(context, this.server),
      vscode.languages.registerHoverProvider({ pattern: '**' }, new FarDefinitionHover(this.server)),
      ...registerCommands({ server: this.server, tree, ask, snooze, memory: this.memory }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (needsRestart(event)) void this.server.restart();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.server.notify(TrustNotification, { trusted: true });
      }),
    );
    void showWalkthroughOnce(context);
  }

  start(): Promise<void> {
    return this.server.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
