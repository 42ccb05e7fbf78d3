import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { MemoryViewMessage, MemoryViewUpdate } from '../../protocol';

/** What the view needs from its owner. */
export interface MemoryViewOwner {
  /** The view is there and wants everything. */
  ready(): void;
  receive(message: MemoryViewMessage): void;
  /** It was shown or hidden. */
  seen(): void;
}

/** The memory panel's place in the side bar. Holds nothing: what it shows is sent to it, and it keeps its own scrolling and choices. */
export class MemoryView implements vscode.WebviewViewProvider {
  private view: vscode.WebviewView | undefined;
  /** Its script runs and has asked for everything. */
  private isListening = false;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly owner: MemoryViewOwner,
  ) {}

  get isVisible(): boolean {
    return this.view?.visible === true;
  }

  /** Whether a message reaches it now; otherwise it asks for everything when it is shown. */
  get isReady(): boolean {
    return this.isVisible && this.isListening;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    const dist = vscode.Uri.joinPath(this.extension, 'dist');
    const media = vscode.Uri.joinPath(this.extension, 'media');
    view.webview.options = { enableScripts: true, localResourceRoots: [dist, media] };
    view.webview.onDidReceiveMessage((message: MemoryViewMessage) => {
      if (message.type === 'ready') {
        this.isListening = true;
        this.owner.ready();
      } else {
        this.owner.receive(message);
      }
    });
    view.onDidChangeVisibility(() => {
      // A hidden view's page is gone.
      if (!view.visible) this.isListening = false;
      this.owner.seen();
    });
    view.onDidDispose(() => {
      this.view = undefined;
      this.isListening = false;
      this.owner.seen();
    });
    view.webview.html = html(view.webview, dist, media);
    this.owner.seen();
  }

  /** Sends what has changed, to a view that is ready. */
  send(update: MemoryViewUpdate): void {
    if (this.isReady) void this.view!.webview.postMessage(update);
  }
}

function html(webview: vscode.Webview, dist: vscode.Uri, media: vscode.Uri): string {
  const nonce = randomBytes(16).toString('base64url');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(dist, 'memory.js')).toString();
  const style = webview.asWebviewUri(vscode.Uri.joinPath(media, 'memory.css')).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>MemMamba</title>
</head>
<body>
<main id="panel"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
