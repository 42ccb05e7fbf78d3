import * as vscode from 'vscode';
import { ATTENDED_SHARE, type AttendedFile, type AttendedResult } from '../../protocol';
import { documentSelector } from '../serverProcess';
import { attendedMarks, retainedMarks, shiftMarks, STRENGTHS, type Mark } from './marks';
import type { ViewModels } from './viewModels';

/** State key of the setting. */
const KEY = 'memmamba.highlight';

/** Lines beyond the visible ones that are highlighted, too, so that scrolling does not show bare lines first. */
const MARGIN = 20;

/** Highlights retained tokens in visible editors, or those that a completion or answer attended to. Off by default. */
export class Highlight implements vscode.Disposable {
  private readonly types = Array.from({ length: STRENGTHS }, (_, strength) =>
    vscode.window.createTextEditorDecorationType({
      backgroundColor: new vscode.ThemeColor(`memmamba.retained${strength + 1}`),
      borderRadius: '2px',
      overviewRulerLane: vscode.OverviewRulerLane.Center,
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    }),
  );
  private readonly marks = new Map<string, { of: object; marks: Mark[] }>();
  private readonly subscriptions: vscode.Disposable[];
  private attended: AttendedResult | undefined;
  private isChosen: boolean;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly viewModels: ViewModels,
    /** Whether the user has another memory view open, so that hovers are welcome. */
    private readonly isWatched: () => boolean,
  ) {
    this.isChosen = context.workspaceState.get<boolean>(KEY, false);
    viewModels.addWatcher(() =>
      this.isOn || isWatched() ? this.editors().map(({ document }) => uriOf(document)) : [],
    );
    this.subscriptions = [
      ...this.types,
      viewModels.onDidChange((uri) => this.draw(uri)),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        viewModels.update();
        this.draw();
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => this.drawEditor(textEditor)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const known = this.marks.get(uriOf(document));
        if (known === undefined) return;
        for (const { range, text } of contentChanges)
          known.marks = shiftMarks(known.marks, { start: range.start, end: range.end, text });
      }),
      vscode.workspace.onDidCloseTextDocument((document) => this.marks.delete(uriOf(document))),
    ];
    this.tell();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Whether tokens are highlighted now, by choice or because attended tokens are shown. */
  get isOn(): boolean {
    return this.isChosen || this.attended !== undefined;
  }

  /** Turns the highlighting of retained tokens on or off, and that of attended ones off. */
  async toggle(): Promise<void> {
    this.isChosen = !this.isOn;
    this.attended = undefined;
    this.restart();
    await this.context.workspaceState.update(KEY, this.isChosen);
  }

  /** Shows attended tokens instead of retained ones; undefined goes back. */
  showAttended(attended: AttendedResult | undefined): void {
    this.attended = attended;
    this.restart();
  }

  /** The current highlights of a document; empty when highlighting is off. */
  marksOf(document: vscode.TextDocument): readonly Mark[] {
    if (!this.isOn && !this.isWatched()) return [];
    const uri = uriOf(document);
    const source = this.sourceOf(uri);
    if (source === undefined) return [];
    const known = this.marks.get(uri);
    if (known?.of === source) return known.marks;
    const marks = 'reads' in source ? attendedMarks(source, ATTENDED_SHARE) : retainedMarks(source);
    this.marks.set(uri, { of: source, marks });
    return marks;
  }

  /** The source of a file's highlights: a new object whenever it changes. */
  private sourceOf(uri: string): AttendedFile | NonNullable<ReturnType<ViewModels['get']>>['viewModel'] {
    if (this.attended) return this.attended.files.find((file) => vscode.Uri.parse(file.uri).toString() === uri);
    return this.viewModels.get(uri)?.viewModel;
  }

  private restart(): void {
    this.tell();
    this.viewModels.update();
    this.draw();
  }

  private tell(): void {
    void vscode.commands.executeCommand('setContext', 'memmamba.highlight', this.isOn);
    void vscode.commands.executeCommand('setContext', 'memmamba.recallShown', this.attended !== undefined);
  }

  private editors(): vscode.TextEditor[] {
    return vscode.window.visibleTextEditors.filter(
      ({ document }) => vscode.languages.match(documentSelector, document) > 0,
    );
  }

  private draw(uri?: string): void {
    for (const editor of this.editors()) {
      if (uri === undefined || uriOf(editor.document) === uri) this.drawEditor(editor);
    }
  }

  private drawEditor(editor: vscode.TextEditor): void {
    const { document, visibleRanges } = editor;
    const marks = this.isOn ? this.marksOf(document) : [];
    const ranges = this.types.map((): vscode.Range[] => []);
    for (const mark of marks) {
      const isSeen = visibleRanges.some(
        ({ start, end }) => mark.line >= start.line - MARGIN && mark.line <= end.line + MARGIN,
      );
      const range = isSeen ? shownRange(document, mark) : undefined;
      if (range) ranges[mark.strength]!.push(range);
    }
    this.types.forEach((type, strength) => editor.setDecorations(type, ranges[strength]!));
  }
}

/** The range of a mark, if the document has its text there: the view model may be of another version. */
export function shownRange(document: vscode.TextDocument, mark: Mark): vscode.Range | undefined {
  const range = new vscode.Range(mark.line, mark.start, mark.line, mark.end);
  return mark.line < document.lineCount && document.getText(range) === mark.text ? range : undefined;
}

function uriOf({ uri }: vscode.TextDocument): string {
  return uri.toString();
}
