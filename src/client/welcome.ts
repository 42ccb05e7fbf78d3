import * as vscode from 'vscode';

const SHOWN_KEY = 'memmamba.walkthroughShown';

/** Shows the walkthrough on the very first start, unless something else is open or the person wants to start with nothing. */
export async function showWalkthroughOnce({
  globalState,
  extension,
  extensionMode,
}: vscode.ExtensionContext): Promise<void> {
  if (extensionMode !== vscode.ExtensionMode.Production || globalState.get<boolean>(SHOWN_KEY) === true) return;
  await globalState.update(SHOWN_KEY, true);
  const startsWith = vscode.workspace.getConfiguration('workbench').get<string>('startupEditor');
  if (startsWith === 'none' || vscode.window.tabGroups.all.some(({ tabs }) => tabs.length > 0)) return;
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${extension.id}#start`, false);
}
