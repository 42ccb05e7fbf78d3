import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  InlineCompletionTriggerKind,
  type InlineCompletionItem,
  type InlineCompletionList,
  type ProtocolConnection,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { FocusNotification, StatusRequest, type ServerStatus } from '../../src/protocol';
import { initialize } from '../serverProcess';
import type { FarDocument } from './cases';

export const triggers = {
  automatic: InlineCompletionTriggerKind.Automatic,
  explicit: InlineCompletionTriggerKind.Invoked,
} as const;
export type Trigger = keyof typeof triggers;

const POLL_MILLISECONDS = 50;

/** The language server as an editor uses it: one workspace folder with the document and other files of its package. */
export class Product {
  private folder: string | undefined;
  private uri = '';
  private language = '';
  private version = 0;
  private count = 0;

  private constructor(
    private readonly connection: ProtocolConnection,
    private readonly home: string,
  ) {}

  static async start(connection: ProtocolConnection, home: string): Promise<Product> {
    await initialize(connection, { capabilities: { configuration: true, workspaceFolders: true }, folders: [] });
    return new Product(connection, home);
  }

  /** Opens a document in its own workspace, replacing the previous one. */
  async open(
    { name, language, siblings }: Pick<FarDocument, 'name' | 'siblings'> & { language: string },
    text: string,
  ): Promise<void> {
    const last = await this.close();
    const folder = join(this.home, `workspace-${++this.count}`);
    mkdirSync(folder);
    for (const file of [...siblings, { name, text }]) writeFileSync(join(folder, file.name), file.text);
    this.folder = folder;
    this.uri = pathToFileURL(join(folder, name)).href;
    this.language = language;
    this.version = 1;
    await this.connection.sendNotification('workspace/didChangeWorkspaceFolders', {
      event: { added: [folderOf(folder)], removed: last === undefined ? [] : [folderOf(last)] },
    });
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: this.uri, languageId: language, version: 1, text },
    });
  }

  /** The first offer at a cursor once everything is read, as the text inserted there; undefined when there is none. */
  async complete(prefix: string, suffix: string, trigger: Trigger): Promise<string | undefined> {
    await this.change(prefix, suffix);
    await this.untilRead();
    return (await this.offers(prefix, suffix, trigger))[0];
  }

  /** All offers at a cursor as soon as the text before it is read, as the text inserted there. */
  async completeSoon(prefix: string, suffix: string, trigger: Trigger): Promise<string[]> {
    await this.change(prefix, suffix);
    for (;;) {
      const offers = await this.offers(prefix, suffix, trigger);
      const { phase, active } = await this.status();
      if (phase.kind !== 'starting' && active?.uri === this.uri && !active.completionWaits) return offers;
      await pause();
    }
  }

  /** Sets the text and the position of the cursor in it. */
  private async change(prefix: string, suffix: string): Promise<void> {
    const { uri } = this;
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: ++this.version },
      contentChanges: [{ text: prefix + suffix }],
    });
    const active = { uri, ...this.textOf(prefix, suffix).positionAt(prefix.length) };
    await this.connection.sendNotification(FocusNotification.method, { active });
  }

  private async offers(prefix: string, suffix: string, trigger: Trigger): Promise<string[]> {
    const document = this.textOf(prefix, suffix);
    const answer = await this.connection.sendRequest<InlineCompletionList | null>('textDocument/inlineCompletion', {
      textDocument: { uri: this.uri },
      position: document.positionAt(prefix.length),
      context: { triggerKind: triggers[trigger] },
    });
    return (answer?.items ?? []).map((item) => insertedAt(document, prefix.length, item));
  }

  private textOf(prefix: string, suffix: string): TextDocument {
    return TextDocument.create(this.uri, this.language, this.version, prefix + suffix);
  }

  private async close(): Promise<string | undefined> {
    const { folder } = this;
    if (folder === undefined) return undefined;
    await this.connection.sendNotification('textDocument/didClose', { textDocument: { uri: this.uri } });
    rmSync(folder, { recursive: true });
    this.folder = undefined;
    return folder;
  }

  /** Settles when the document and its sibling files have been read. */
  private async untilRead(): Promise<void> {
    for (;;) {
      const { phase, active } = await this.status();
      if (phase.kind === 'ready' && active?.uri === this.uri && active.state.kind === 'fresh') return;
      await pause();
    }
  }

  /** @throws Error when the model cannot be used */
  private async status(): Promise<ServerStatus> {
    const status = await this.connection.sendRequest<ServerStatus>(StatusRequest.method);
    if (status.phase.kind === 'failed') throw new Error(status.phase.message);
    return status;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));

function folderOf(path: string): { uri: string; name: string } {
  return { uri: pathToFileURL(path).href, name: 'bench' };
}

/** The text that an item inserts at the cursor, without what precedes it already. */
function insertedAt(document: TextDocument, cursor: number, { insertText, range }: InlineCompletionItem): string {
  const text = typeof insertText === 'string' ? insertText : insertText.value;
  const typed = range ? document.getText().slice(document.offsetAt(range.start), cursor) : '';
  return text.startsWith(typed) ? text.slice(typed.length) : text;
}
