import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { PageWatch } from './pageWatch';

/**
 * Sets a webview's page: the bundle `dist/NAME.js`, the style sheets `media/webview.css` and `media/NAME.css`, and a policy that allows
 * nothing else.
 *
 * @param extension the extension's folder
 * @param body our own markup for the script to fill; never text from elsewhere
 */
export function showPage(webview: vscode.Webview, extension: vscode.Uri, name: string, body: string): void {
  const dist = vscode.Uri.joinPath(extension, 'dist');
  const media = vscode.Uri.joinPath(extension, 'media');
  webview.options = { enableScripts: true, localResourceRoots: [dist, media] };
  const nonce = randomBytes(16).toString('base64url');
  const script = webview.asWebviewUri(vscode.Uri.joinPath(dist, `${name}.js`)).toString();
  const styles = ['webview', name].map((sheet) => {
    const uri = webview.asWebviewUri(vscode.Uri.joinPath(media, `${sheet}.css`));
    return `<link rel="stylesheet" href="${uri.toString()}">`;
  });
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}`;
  webview.html = `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${styles.join('\n')}
<title>MemMamba</title>
</head>
<body>
${body}
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

/** @param id of a view @returns recreates it while its page does not load, see {@link watchPage} */
export function pageWatch(id: string): PageWatch {
  return new PageWatch(() => void recreate(id));
}

/** Watches a view whose page was just set: any message means it is loaded. */
export function watchPage(view: vscode.WebviewView, watch: PageWatch): void {
  const seen = (): void => {
    if (view.visible) watch.shown();
    else watch.hidden();
  };
  view.webview.onDidReceiveMessage(() => watch.came());
  view.onDidChangeVisibility(seen);
  view.onDidDispose(() => watch.hidden());
  seen();
}

/** Hides a view and shows it again. */
async function recreate(id: string): Promise<void> {
  for (let i = 0; i < 2; i++) await vscode.commands.executeCommand(`${id}.toggleVisibility`);
}
