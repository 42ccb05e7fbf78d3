import type { ExtensionContext } from 'vscode';
import { Client } from './client';

let client: Client | undefined;

/** Registers commands and views; the server process starts right after, so that activation takes no time. */
export function activate(context: ExtensionContext): Client {
  client = new Client(context);
  void client.start();
  return client;
}

/** Stops the server: what it has read so far is kept. */
export async function deactivate(): Promise<void> {
  await client?.stop();
}
