import * as vscode from 'vscode';

/** Opens a cited place: the cursor goes to the most relevant line, centred in the editor. Lines are 1-based. */
export async function openCitation(uri: string, line: number, endLine: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  const start = Math.min(line, document.lineCount) - 1;
  const end = Math.min(Math.max(line, endLine), document.lineCount) - 1;
  const editor = await vscode.window.showTextDocument(document, {
    selection: new vscode.Range(start, 0, start, 0),
    preserveFocus: false,
  });
  editor.revealRange(new vscode.Range(start, 0, end, 0), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
