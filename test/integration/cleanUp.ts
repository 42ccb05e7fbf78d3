import { commands, window, workspace } from 'vscode';

/** After a failed test, closes all editors and discards changes for the next one. Call it outside of all suites. */
export function cleanUpAfterFailures(): void {
  teardown(async function () {
    if (this.currentTest?.state !== 'failed') return;
    for (const document of workspace.textDocuments.filter(({ isDirty }) => isDirty)) {
      await window.showTextDocument(document);
      await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
    await commands.executeCommand('workbench.action.closeAllEditors');
  });
}
