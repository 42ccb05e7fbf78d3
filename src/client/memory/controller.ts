import * as vscode from 'vscode';
import { describeError } from '../../common';
import {
  RecallRequest,
  type Baseline,
  type MemoryPicture,
  type MemoryViewMessage,
  type MemoryViewState,
  type RecallResult,
  type ShownFile,
} from '../../protocol';
import { activeFile } from '../activeFile';
import type { ServerProcess } from '../serverProcess';
import { stateText } from '../statusText';
import { exportedJson, exportedSvg, save } from './export';
import { Highlight } from './highlight';
import { registerHover } from './hover';
import { Measurement } from './measurement';
import { Pictures } from './pictures';
import { editBetween } from './textEdit';
import { MemoryView } from './view';
import { memoryWords, pictureWords } from './words';

/** Where the pinned file is kept. */
const PIN_KEY = 'memmamba.memoryPin';

/** Shows memory: the panel, the highlighting in the editor and its hovers, all from the same pictures. */
export class MemoryController implements vscode.Disposable {
  readonly highlight: Highlight;
  private readonly pictures: Pictures;
  private readonly view: MemoryView;
  private readonly measurement: Measurement;
  private readonly subscriptions: { dispose(): unknown }[];
  private pin: string | undefined;
  /** What the panel shows. */
  private uri: string | undefined;
  private baseline: { uri: string; text: string; shown: Baseline } | undefined;
  private recall: RecallResult | undefined;
  /** The list that the view is to begin with when it is made. */
  private front: MemoryViewState['front'] = null;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: ServerProcess,
  ) {
    this.pin = context.workspaceState.get<string>(PIN_KEY);
    this.pictures = new Pictures(server);
    this.measurement = new Measurement(server, () => this.view.send({ fidelity: this.measurement.state }));
    this.view = new MemoryView(context.extensionUri, {
      ready: () => this.view.send(this.state()),
      receive: (message) => void this.receive(message),
      seen: () => this.follow(),
    });
    this.highlight = new Highlight(context, this.pictures, () => this.view.isVisible);
    this.pictures.addLooker(() => (this.view.isVisible && this.uri !== undefined ? [this.uri] : []));
    this.subscriptions = [
      this.pictures,
      this.highlight,
      registerHover(this.highlight),
      vscode.window.registerWebviewViewProvider('memmamba.memory', this.view),
      vscode.window.onDidChangeActiveTextEditor(() => this.follow()),
      this.pictures.onDidChange((uri) => {
        if (uri === this.uri) this.pictureChanged();
      }),
    ];
    this.follow();
  }

  dispose(): void {
    this.measurement.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Whether the panel is in sight, for tests. */
  get isPanelVisible(): boolean {
    return this.view.isVisible;
  }

  /** Shows in the panel and the editor what the last completion or answer looked at. @returns it, for tests */
  async showRecall(of: RecallResult['of']): Promise<RecallResult | undefined> {
    const recall = await this.server.request(RecallRequest, { of });
    if (recall === null || recall.files.length === 0) {
      const none =
        of === 'completion'
          ? vscode.l10n.t('No completion was offered yet.')
          : vscode.l10n.t('No question was put to the model yet.');
      void vscode.window.showInformationMessage(`MemMamba: ${none}`);
      return undefined;
    }
    this.recall = recall;
    this.highlight.showRecall(recall);
    if (this.view.isReady) this.view.send({ recall, front: 'recall' });
    // A view that is not there yet asks for everything when it is.
    else this.front = 'recall';
    await vscode.commands.executeCommand('memmamba.memory.focus');
    return recall;
  }

  /** Shows what is retained again. */
  hideRecall(): void {
    this.recall = undefined;
    this.highlight.showRecall(undefined);
    this.view.send({ recall: null });
  }

  /** Everything that the panel shows. */
  private state(): MemoryViewState {
    const { front } = this;
    this.front = null;
    return {
      words: memoryWords(),
      pictureWords: pictureWords(),
      file: this.file(),
      picture: this.picture ?? null,
      baseline: this.shownBaseline(),
      recall: this.recall ?? null,
      fidelity: this.measurement.state,
      peeked: null,
      front,
    };
  }

  private get picture(): MemoryPicture | undefined {
    return this.uri === undefined ? undefined : this.pictures.get(this.uri)?.picture;
  }

  /** Turns to the file that is to be shown: the pinned one, or the one in front. */
  private follow(): void {
    const front = activeFile()?.document.uri.toString();
    const uri = this.pin ?? front ?? this.uri;
    if (uri !== this.uri) {
      this.uri = uri;
      this.measurement.clear();
      this.view.send(this.state());
    }
    this.pictures.update();
  }

  private pictureChanged(): void {
    if (this.measurement.state.kind === 'measured' && this.pictures.get(this.uri!)?.state.kind !== 'fresh') {
      this.measurement.clear();
    }
    this.view.send({
      file: this.file(),
      picture: this.picture ?? null,
      baseline: this.shownBaseline(),
      fidelity: this.measurement.state,
    });
  }

  private file(): ShownFile | null {
    const { uri } = this;
    if (uri === undefined) return null;
    const name = vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
    const isPinned = this.pin === uri;
    const known = this.pictures.get(uri);
    if (known === undefined) return { uri, name, isPinned, note: '', isStale: false };
    const { state, picture } = known;
    const isFresh = state.kind === 'fresh';
    const read =
      state.kind === 'reading'
        ? { done: state.doneTokens, total: state.totalTokens }
        : isFresh
          ? { done: state.tokens, total: state.tokens }
          : undefined;
    // What the bar says already need not be said twice.
    const note = isFresh || state.kind === 'reading' ? '' : stateText(state);
    return { uri, name, isPinned, note, ...(read && { read }), isStale: !isFresh && picture !== undefined };
  }

  /** What is compared with. While the picture is of an earlier text, so is the edit. */
  private shownBaseline(): Baseline | null {
    const { baseline } = this;
    if (baseline === undefined || baseline.uri !== this.uri) return null;
    const text = this.document(baseline.uri)?.getText();
    if (text !== undefined && this.pictures.get(baseline.uri)?.state.kind === 'fresh') {
      const edit = editBetween(baseline.text, text);
      const known = baseline.shown.edit;
      if (edit.start !== known.start || edit.oldEnd !== known.oldEnd || edit.newEnd !== known.newEnd) {
        baseline.shown = { ...baseline.shown, edit };
      }
    }
    return baseline.shown;
  }

  private document(uri: string): vscode.TextDocument | undefined {
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri);
  }

  private async receive(message: MemoryViewMessage): Promise<void> {
    try {
      await this.perform(message);
    } catch (error) {
      this.server.log.error(describeError(error));
      void vscode.window.showErrorMessage(`MemMamba: ${describeError(error)}`);
    }
  }

  private async perform(message: MemoryViewMessage): Promise<void> {
    switch (message.type) {
      case 'open':
        await openPlace(message);
        break;
      case 'peek': {
        const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(message.uri));
        const { line } = message;
        if (line < document.lineCount)
          this.view.send({ peeked: { line, text: document.lineAt(line).text.slice(0, 500) } });
        break;
      }
      case 'pin':
        this.pin = message.isPinned ? this.uri : undefined;
        await this.context.workspaceState.update(PIN_KEY, this.pin);
        this.view.send({ file: this.file() });
        this.follow();
        break;
      case 'remember':
        this.remember();
        break;
      case 'forgetBaseline':
        this.baseline = undefined;
        this.view.send({ baseline: null });
        break;
      case 'recall':
        await this.showRecall(message.of);
        break;
      case 'closeRecall':
        this.hideRecall();
        break;
      case 'measure':
        if (this.uri !== undefined) await this.measurement.start(this.uri);
        break;
      case 'cancelMeasure':
        this.measurement.cancel();
        break;
      case 'exportJson':
      case 'exportSvg':
        await this.export(message.type === 'exportJson' ? 'json' : 'svg');
        break;
      case 'ready':
        break;
    }
  }

  private remember(): void {
    const { uri, picture } = this;
    const text = uri === undefined ? undefined : this.document(uri)?.getText();
    if (uri === undefined || picture === undefined || text === undefined) return;
    if (this.pictures.get(uri)?.state.kind !== 'fresh') {
      void vscode.window.showInformationMessage(
        `MemMamba: ${vscode.l10n.t('The file is still being read. Try again in a moment.')}`,
      );
      return;
    }
    const label = new Date().toLocaleTimeString(vscode.env.language);
    const edit = editBetween(text, text);
    this.baseline = { uri, text, shown: { label, picture, edit } };
    this.view.send({ baseline: this.baseline.shown });
  }

  private async export(kind: 'json' | 'svg'): Promise<void> {
    const { uri, picture, recall } = this;
    if (uri === undefined || picture === undefined) return;
    const file = vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
    const { state } = this.measurement;
    const fidelity = state.kind === 'measured' ? state.report : undefined;
    const exported = { file, picture, fidelity, recall };
    await save(file, kind, () => (kind === 'json' ? exportedJson(exported) : exportedSvg(exported, pictureWords())));
  }
}

/** Shows a token in the editor, selected. */
async function openPlace({ uri, line, start, end }: Extract<MemoryViewMessage, { type: 'open' }>): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const range = document.validateRange(new vscode.Range(line, start, line, end));
  const editor = await vscode.window.showTextDocument(document, { selection: range, preserveFocus: false });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
