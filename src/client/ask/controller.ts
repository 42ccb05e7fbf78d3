import * as vscode from 'vscode';
import { formatCount, linesAround } from '../../common';
import {
  AskRequest,
  type AskCitation,
  type AskEntry,
  type AskProgress,
  type AskScope,
  type ShownCitation,
} from '../../protocol';
import { activeFile } from '../activeFile';
import type { ServerProcess } from '../serverProcess';
import { settings } from '../settings';
import { openCitation } from './open';
import { AskView } from './view';
import { failure, noFileInFront, summary } from './labels';

/** Workspace state key of the questions and answers. */
const HISTORY_KEY = 'memmamba.askHistory';

/** State key of the scope chosen in the view, per workspace. */
const SCOPE_KEY = 'memmamba.askScope';

const MAX_HISTORY = 30;

/** Asks the server, keeps the history, and feeds the view. One question at a time. */
export class AskController implements vscode.Disposable {
  private entries: AskEntry[];
  private scope: AskScope['kind'];
  private running: vscode.CancellationTokenSource | undefined;
  /** The last answered entry. */
  private attendedBy: number | undefined;
  private readonly view: AskView;
  private readonly subscriptions: vscode.Disposable[];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: ServerProcess,
  ) {
    this.entries = context.workspaceState.get<AskEntry[]>(HISTORY_KEY, []);
    this.scope = context.workspaceState.get(SCOPE_KEY, settings()['ask.scope'] as AskScope['kind']);
    this.view = new AskView(context.extensionUri, {
      state: () => ({
        entries: this.entries,
        scope: this.scope,
        canAsk: this.server.connection !== undefined,
        attendedBy: this.attendedBy,
      }),
      ask: (question, scope) => void this.ask(question, scope),
      cancel: () => this.running?.cancel(),
      showAttended: () => void vscode.commands.executeCommand('memmamba.showRecalledByAnswer'),
      chooseScope: (scope) => {
        this.scope = scope;
        void context.workspaceState.update(SCOPE_KEY, scope);
      },
      copy: (id) => void this.copy(id),
      open: (uri, line, endLine) => void openCitation(uri, line, endLine),
    });
    let couldAsk = false;
    this.subscriptions = [
      vscode.window.registerWebviewViewProvider('memmamba.ask', this.view),
      server.onDidChangeState(() => {
        const canAsk = server.connection !== undefined;
        // A new process knows nothing about earlier attended notes.
        if (!canAsk) this.attendedBy = undefined;
        if (canAsk !== couldAsk) this.view.update();
        couldAsk = canAsk;
      }),
    ];
  }

  dispose(): void {
    this.running?.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /**
   * Prompts for the question and its scope, then shows the answer in the view. @returns the result, for tests and other features
   */
  async askByInput(): Promise<AskEntry | undefined> {
    const question = await vscode.window.showInputBox({
      title: 'MemMamba',
      prompt: vscode.l10n.t('Ask about: {0}', this.scopeName()),
      placeHolder: vscode.l10n.t('Where is … defined? What is the value of …?'),
      ignoreFocusOut: true,
    });
    if (question === undefined || question.trim() === '') return undefined;
    await vscode.commands.executeCommand('memmamba.ask.focus');
    return this.ask(question, this.scope);
  }

  /** Asks. Cancels a question that is still being answered. Never throws: a failure becomes an entry, too. */
  async ask(question: string, kind: AskScope['kind']): Promise<AskEntry> {
    this.running?.cancel();
    const cancel = new vscode.CancellationTokenSource();
    this.running = cancel;
    const entry: AskEntry = {
      id: (this.entries.at(-1)?.id ?? 0) + 1,
      question: question.trim(),
      scope: kind,
      state: 'asking',
      note: vscode.l10n.t('Asking…'),
      citations: [],
    };
    this.entries = [...this.entries, entry].slice(-MAX_HISTORY);
    const show = (change: Partial<AskEntry>): void => {
      Object.assign(entry, change);
      this.view.update();
    };
    show({});
    try {
      const last = this.entries.findLast(({ state }) => state === 'found' || state === 'unsure');
      const params = {
        question: entry.question,
        scope: this.scopeOf(kind),
        ...(last && {
          previous: { question: last.question, ...(last.symbol !== undefined && { symbol: last.symbol }) },
        }),
      };
      const result = await this.server.request(AskRequest, params, cancel.token, (step) => show(shown(entry, step)));
      void vscode.commands.executeCommand('setContext', 'memmamba.asked', true);
      this.attendedBy = entry.id;
      show({
        state: !result.found ? 'not-found' : result.isSure ? 'found' : 'unsure',
        note: summary(result),
        citations: result.citations.map(toShown),
        sentences: result.sentences,
        ...(result.citations[0]?.symbol !== undefined && { symbol: result.citations[0].symbol }),
        ...(result.text !== undefined && { text: result.text }),
      });
    } catch (error) {
      if (cancel.token.isCancellationRequested) show({ state: 'cancelled', note: vscode.l10n.t('Cancelled.') });
      else show({ state: 'failed', note: failure(error) });
    } finally {
      cancel.dispose();
      if (this.running === cancel) this.running = undefined;
      await this.context.workspaceState.update(
        HISTORY_KEY,
        this.entries.filter(({ state }) => state !== 'asking'),
      );
    }
    return entry;
  }

  /** Forgets all questions and answers. */
  async clear(): Promise<void> {
    this.running?.cancel();
    this.entries = [];
    this.view.update();
    await this.context.workspaceState.update(HISTORY_KEY, undefined);
  }

  /** Copies an answer with its places to the clipboard. */
  private async copy(id: number): Promise<void> {
    const entry = this.entries.find((one) => one.id === id);
    if (entry) await vscode.env.clipboard.writeText(asText(entry));
  }

  private scopeOf(kind: AskScope['kind']): AskScope {
    if (kind !== 'file') return { kind };
    const document = activeFile()?.document;
    if (document === undefined) throw noFileInFront();
    return { kind, uri: document.uri.toString() };
  }

  private scopeName(): string {
    switch (this.scope) {
      case 'file':
        return vscode.l10n.t('This File');
      case 'openFiles':
        return vscode.l10n.t('Open Files');
      case 'workspace':
        return vscode.l10n.t('Workspace');
    }
  }
}

function asText({ question, sentences = [], citations }: AskEntry): string {
  const said = sentences.map(({ text, citation }) => `${text}  [${citations[citation]?.label ?? ''}]`);
  return [question, ...said, ...citations.map(({ label, text }) => `${label}\n${text}`)].join('\n\n');
}

function toShown({ uri, line, startLine, endLine, text, foundBy }: AskCitation): ShownCitation {
  const path = vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
  return {
    uri,
    label: `${path}:${line}`,
    line,
    endLine: Math.max(line, endLine),
    text: linesAround(text, line - startLine, 6),
    foundBy,
  };
}

function shown(entry: AskEntry, progress: AskProgress): Partial<AskEntry> {
  switch (progress.kind) {
    case 'sentence':
      return { sentences: [...(entry.sentences ?? []), progress.sentence] };
    case 'reading': {
      const percent = Math.floor((100 * progress.doneTokens) / Math.max(1, progress.totalTokens));
      return { note: vscode.l10n.t('The model is reading the file: {0} %', percent) };
    }
    case 'indexing': {
      const [done, total] = [formatCount(progress.doneFiles), formatCount(progress.totalFiles)];
      return { note: vscode.l10n.t('Indexing words: {0} of {1} files…', done, total) };
    }
    case 'searching':
      return { note: vscode.l10n.t('Searching {0} files…', formatCount(progress.files)) };
    case 'recalling':
      return {
        note: vscode.l10n.t(
          'Asking the model about {0}…',
          vscode.workspace.asRelativePath(vscode.Uri.parse(progress.uri)),
        ),
      };
    case 'citations':
      return { citations: progress.citations.map(toShown) };
  }
}
