import type * as vscode from 'vscode';
import { ProgressType } from 'vscode-languageclient/node';
import { AskRequest, type AskParams, type AskProgress, type AskResult } from '../../protocol';
import type { ServerProcess } from '../serverProcess';

/** Asks the memory and hears of each step. @throws the server's error; a cancelled request ends with an error, too */
export async function askMemory(
  server: ServerProcess,
  params: Omit<AskParams, 'progressToken'>,
  token: vscode.CancellationToken,
  onProgress?: (progress: AskProgress) => void,
): Promise<AskResult> {
  const progressToken = `memmamba-ask-${Date.now()}-${Math.random()}`;
  const listening =
    onProgress && server.connection?.onProgress(new ProgressType<AskProgress>(), progressToken, onProgress);
  try {
    return await server.request(AskRequest, { ...params, progressToken }, token);
  } finally {
    listening?.dispose();
  }
}
