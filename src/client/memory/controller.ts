import * as vscode from 'vscode';
import { describeError, editBetween } from '../../common';
import { englishLabels } from '../../common/charts';
import {
  AttendedRequest,
  memoryViewLabels,
  type Baseline,
  type MemoryViewModel,
  type MemoryViewMessage,
  type MemoryViewState,
  type AttendedResult,
  type ShownFile,
} from '../../protocol';
import { activeFile } from '../activeFile';
import type { ServerProcess } from '../serverProcess';
import { stateText } from '../statusText';
import { translated } from '../translated';
import { exportedJson, exportedSvg, save } from './export';
import { Highlight } from './highlight';
import { registerHover } from './hover';
import { Measurement } from './measurement';
import { ViewModels } from './viewModels';
import { MemoryView } from './view';

/** State key of the pinned file. */
const PIN_KEY = 'memmamba.memoryPin';

/** Shows memory: the panel, the highlighting in the editor and its hovers, all from the same view models. */
export class MemoryController implements vscode.Disposable {
  readonly highlight: Highlight;
  private readonly viewModels: ViewModels;
  private readonly view: MemoryView;
  private readonly measurement: Measurement;
  private readonly subscriptions: { dispose(): unknown }[];
  private pin: string | undefined;
  /** What the panel shows. */
  private uri: string | undefined;
  private baseline: { uri: string; text: string; shown: Baseline } | undefined;
  private attended: AttendedResult | undefined;
  /** The list to show first when the view is created. */
  private front: MemoryViewState['front'] = null;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: ServerProcess,
  ) {
    this.pin = context.workspaceState.get<string>(PIN_KEY);
    this.viewModels = new ViewModels(server);
    this.measurement = new Measurement(server, () => this.view.send({ fidelity: this.measurement.state }));
    this.view = new MemoryView(context.extensionUri, {
      ready: () => this.view.send(this.state()),
      receive: (message) => void this.receive(message),
      seen: () => this.follow(),
    });
    this.highlight = new Highlight(context, this.viewModels, () => this.view.isVisible);
    this.viewModels.addWatcher(() => (this.view.isVisible && this.uri !== undefined ? [this.uri] : []));
    this.subscriptions = [
      this.viewModels,
      this.highlight,
      registerHover(this.highlight),
      vscode.window.registerWebviewViewProvider('memmamba.memory', this.view),
      vscode.window.onDidChangeActiveTextEditor(() => this.follow()),
      this.viewModels.onDidChange((uri) => {
        if (uri === this.uri) this.viewModelChanged();
      }),
    ];
    this.follow();
  }

  dispose(): void {
    this.measurement.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Whether the panel is visible, for tests. */
  get isPanelVisible(): boolean {
    return this.view.isVisible;
  }

  /** Shows what the last completion or answer attended to, in the panel and the editor. @returns it, for tests */
  async showAttended(of: AttendedResult['of']): Promise<AttendedResult | undefined> {
    const attended = await this.server.request(AttendedRequest, { of });
    if (attended === null || attended.files.length === 0) {
      const none =
        of === 'completion'
          ? vscode.l10n.t('No completion has been shown yet.')
          : vscode.l10n.t('The model has not been asked anything yet.');
      void vscode.window.showInformationMessage(`MemMamba: ${none}`);
      return undefined;
    }
    this.attended = attended;
    this.highlight.showAttended(attended);
    if (this.view.isReady) this.view.send({ attended, front: 'attended' });
    // A view that does not exist yet requests everything once it does.
    else this.front = 'attended';
    await vscode.commands.executeCommand('memmamba.memory.focus');
    return attended;
  }

  /** Shows retained tokens again. */
  hideAttended(): void {
    this.attended = undefined;
    this.highlight.showAttended(undefined);
    this.view.send({ attended: null });
  }

  /** Everything that the panel shows. */
  private state(): MemoryViewState {
    const { front } = this;
    this.front = null;
    return {
      labels: translated(memoryViewLabels),
      chartLabels: translated(englishLabels),
      file: this.file(),
      viewModel: this.viewModel ?? null,
      baseline: this.shownBaseline(),
      attended: this.attended ?? null,
      fidelity: this.measurement.state,
      peeked: null,
      front,
    };
  }

  private get viewModel(): MemoryViewModel | undefined {
    return this.uri === undefined ? undefined : this.viewModels.get(this.uri)?.viewModel;
  }

  /** Switches to the file to show: the pinned one, or the active one. */
  private follow(): void {
    const front = activeFile()?.document.uri.toString();
    const uri = this.pin ?? front ?? this.uri;
    if (uri !== this.uri) {
      this.uri = uri;
      this.measurement.clear();
      this.view.send(this.state());
    }
    this.viewModels.update();
  }

  private viewModelChanged(): void {
    if (this.measurement.state.kind === 'measured' && this.viewModels.get(this.uri!)?.state.kind !== 'fresh') {
      this.measurement.clear();
    }
    this.view.send({
      file: this.file(),
      viewModel: this.viewModel ?? null,
      baseline: this.shownBaseline(),
      fidelity: this.measurement.state,
    });
  }

  private file(): ShownFile | null {
    const { uri } = this;
    if (uri === undefined) return null;
    const name = vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
    const isPinned = this.pin === uri;
    const known = this.viewModels.get(uri);
    if (known === undefined) return { uri, name, isPinned, note: '', isStale: false };
    const { state, viewModel } = known;
    const isFresh = state.kind === 'fresh';
    const read =
      state.kind === 'reading'
        ? { done: state.doneTokens, total: state.totalTokens }
        : isFresh
          ? { done: state.tokens, total: state.tokens }
          : undefined;
    // The progress bar says it already.
    const note = isFresh || state.kind === 'reading' ? '' : stateText(state);
    return { uri, name, isPinned, note, ...(read && { read }), isStale: !isFresh && viewModel !== undefined };
  }

  /** The baseline of the comparison. While the view model is of an earlier text, so is the edit. */
  private shownBaseline(): Baseline | null {
    const { baseline } = this;
    if (baseline === undefined || baseline.uri !== this.uri) return null;
    const text = this.document(baseline.uri)?.getText();
    if (text !== undefined && this.viewModels.get(baseline.uri)?.state.kind === 'fresh') {
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
      case 'attended':
        await this.showAttended(message.of);
        break;
      case 'closeAttended':
        this.hideAttended();
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
    const { uri, viewModel } = this;
    const text = uri === undefined ? undefined : this.document(uri)?.getText();
    if (uri === undefined || viewModel === undefined || text === undefined) return;
    if (this.viewModels.get(uri)?.state.kind !== 'fresh') {
      void vscode.window.showInformationMessage(
        `MemMamba: ${vscode.l10n.t('The file is still being read. Try again in a moment.')}`,
      );
      return;
    }
    const label = new Date().toLocaleTimeString(vscode.env.language);
    const edit = editBetween(text, text);
    this.baseline = { uri, text, shown: { label, viewModel, edit } };
    this.view.send({ baseline: this.baseline.shown });
  }

  private async export(kind: 'json' | 'svg'): Promise<void> {
    const { uri, viewModel, attended } = this;
    if (uri === undefined || viewModel === undefined) return;
    const file = vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
    const { state } = this.measurement;
    const fidelity = state.kind === 'measured' ? state.report : undefined;
    const exported = { file, viewModel, fidelity, attended };
    await save(file, kind, () =>
      kind === 'json' ? exportedJson(exported) : exportedSvg(exported, translated(englishLabels)),
    );
  }
}

/** Selects a token in the editor. */
async function openPlace({ uri, line, start, end }: Extract<MemoryViewMessage, { type: 'open' }>): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const range = document.validateRange(new vscode.Range(line, start, line, end));
  const editor = await vscode.window.showTextDocument(document, { selection: range, preserveFocus: false });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
