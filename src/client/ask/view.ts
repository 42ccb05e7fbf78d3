import type * as vscode from 'vscode';
import { askViewLabels, type AskScope, type AskViewMessage, type AskViewState } from '../../protocol';
import { translated } from '../translated';
import { pageWatch, showPage, watchPage } from '../webviewPage';

/** What the view needs from its owner. */
export interface AskViewOwner {
  state(): Omit<AskViewState, 'labels'>;
  ask(question: string, scope: AskScope['kind']): void;
  cancel(): void;
  copy(id: number): void;
  showAttended(): void;
  chooseScope(scope: AskScope['kind']): void;
  open(uri: string, line: number, endLine: number): void;
}

/** The view with questions and answers. Stateless: its owner sends it everything it shows. */
export class AskView implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  private readonly watch = pageWatch('memmamba.ask');

  constructor(
    private readonly extension: vscode.Uri,
    private readonly owner: AskViewOwner,
  ) {}

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((message: AskViewMessage) => this.receive(message));
    view.onDidDispose(() => {
      this.view = undefined;
    });
    const body = '<main id="answers" aria-live="polite"></main>\n<form id="form"></form>';
    showPage(view.webview, this.extension, 'ask', body);
    watchPage(view, this.watch);
  }

  /** Shows the owner's current state. */
  update(): void {
    const state: AskViewState = { ...this.owner.state(), labels: translated(askViewLabels) };
    void this.view?.webview.postMessage(state);
  }

  private receive(message: AskViewMessage): void {
    switch (message.type) {
      case 'ready':
        this.update();
        break;
      case 'ask':
        this.owner.ask(message.question, message.scope);
        break;
      case 'cancel':
        this.owner.cancel();
        break;
      case 'copy':
        this.owner.copy(message.id);
        break;
      case 'attended':
        this.owner.showAttended();
        break;
      case 'scope':
        this.owner.chooseScope(message.scope);
        break;
      case 'open':
        this.owner.open(message.uri, message.line, message.endLine);
        break;
    }
  }
}
