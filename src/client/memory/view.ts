import type * as vscode from 'vscode';
import type { MemoryViewMessage, MemoryViewUpdate } from '../../protocol';
import { pageWatch, showPage, watchPage } from '../webviewPage';

/** What the view needs from its owner. */
export interface MemoryViewOwner {
  /** The view is loaded and requests everything. */
  ready(): void;
  receive(message: MemoryViewMessage): void;
  /** It was shown or hidden. */
  seen(): void;
}

/** The memory panel in the side bar. Stateless except for its own scrolling and choices: its content is sent to it. */
export class MemoryView implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  /** Its script is running and has requested everything. */
  private isListening = false;
  private readonly watch = pageWatch('memmamba.memory');

  constructor(
    private readonly extension: vscode.Uri,
    private readonly owner: MemoryViewOwner,
  ) {}

  get isVisible(): boolean {
    return this.view?.visible === true;
  }

  /** Whether a message reaches it now; otherwise it requests everything when it is shown. */
  get isReady(): boolean {
    return this.isVisible && this.isListening;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.onDidReceiveMessage((message: MemoryViewMessage) => {
      if (message.type === 'ready') {
        this.isListening = true;
        this.owner.ready();
      } else {
        this.owner.receive(message);
      }
    });
    view.onDidChangeVisibility(() => {
      // A hidden view has no page.
      if (!view.visible) this.isListening = false;
      this.owner.seen();
    });
    view.onDidDispose(() => {
      this.view = undefined;
      this.isListening = false;
      this.owner.seen();
    });
    showPage(view.webview, this.extension, 'memory', '<main id="panel"></main>');
    watchPage(view, this.watch);
    this.owner.seen();
  }

  /** Sends changes to a view that is ready. */
  send(update: MemoryViewUpdate): void {
    if (this.isReady) void this.view!.webview.postMessage(update);
  }
}
