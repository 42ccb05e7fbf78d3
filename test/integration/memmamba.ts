import assert from 'node:assert/strict';
import { Uri, extensions, workspace } from 'vscode';
import type { Client } from '../../src/client';
import {
  AskRequest,
  FilesRequest,
  StatusRequest,
  type AskResult,
  type AskScope,
  type FileEntry,
  type FileState,
  type ServerStatus,
} from '../../src/protocol';
import { eventually } from './eventually';

/** The extension, as soon as its server runs. */
export async function client(): Promise<Client> {
  const extension = extensions.getExtension<Client>('memmamba.memmamba');
  assert.ok(extension, 'the extension is not installed');
  const active = await extension.activate();
  await eventually('the server runs', () => active.server.connection);
  return active;
}

const server = async (): Promise<Client['server']> => (await client()).server;

export const status = async (): Promise<ServerStatus> => (await server()).request(StatusRequest, undefined);

export const ask = async (question: string, scope: AskScope = { kind: 'workspace' }): Promise<AskResult> =>
  (await server()).request(AskRequest, { question, scope });

/** The tree of files in a folder. */
export const files = async (parent: Uri): Promise<FileEntry[]> =>
  (await (await server()).request(FilesRequest, { folder: parent.toString() })).entries;

/** A folder of the workspace by name. */
export function folder(name: string): Uri {
  const found = workspace.workspaceFolders?.find((candidate) => candidate.name === name);
  assert.ok(found, `no workspace folder is called ${name}`);
  return found.uri;
}

export const inside = (name: string, path: string): Uri => Uri.joinPath(folder(name), path);

/** The entry of a file or folder in the tree of files, or undefined when it has none. */
export async function entry(uri: Uri): Promise<FileEntry | undefined> {
  return (await files(Uri.joinPath(uri, '..'))).find((candidate) => candidate.uri === uri.toString());
}

/** The state of a file, or undefined when it is not listed. */
export async function stateOf(uri: Uri): Promise<FileState | undefined> {
  const found = await entry(uri);
  return found?.type === 'file' ? found.state : undefined;
}

type Fresh = Extract<FileState, { kind: 'fresh' }>;

/** Waits until memory and text agree. */
export function untilFresh(uri: Uri): Promise<Fresh> {
  return eventually(`${uri.path} is read`, async () => {
    const state = await stateOf(uri);
    return state?.kind === 'fresh' ? state : undefined;
  });
}

/** Waits until a file is no longer listed. */
export async function untilGone(uri: Uri): Promise<void> {
  await eventually(`${uri.path} is forgotten`, async () => ((await entry(uri)) === undefined ? true : undefined));
}
