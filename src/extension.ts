import type { ExtensionContext } from 'vscode';
import { Client } from './client';

let client: Client | undefined;

/** Registers commands and views; the server process starts afterwards, so that activation is fast. */
export function activate(context: ExtensionContext): Client {
  client = new Client(context);
  void client.start();
  return client;
}

/** Stops the server; what it has read so far is kept. */
export async function deactivate(): Promise<void> {
  await client?.stop();
}
