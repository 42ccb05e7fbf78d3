import { resolve } from 'node:path';
import { errors, throwIfAborted } from '../common';
import { isFolder, walkFolder, type Skipped } from '../memory';
import { loadDocument, skippedBy, type LoadedDocument } from '../workspace';

/** An input file of a command. */
export interface InputFile {
  /** As shown to the user. */
  path: string;
  /** The store knows it under this name: the absolute path. */
  label: string;
  /**
   * The folder given by the user that contains it; undefined when the file itself was given: then a reason against reading it is an
   * error.
   */
  folder: string | undefined;
}

/** The files at the paths the user gave; folders are walked. @throws UserError for a path that does not exist */
export async function listFiles(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<{ files: InputFile[]; skipped: Skipped[] }> {
  const files = new Map<string, InputFile>();
  const skipped: Skipped[] = [];
  for (const path of paths) {
    throwIfAborted(signal);
    if (!(await isFolder(path))) {
      files.set(resolve(path), { path, label: resolve(path), folder: undefined });
      continue;
    }
    const walk = await walkFolder(path, { signal });
    for (const file of walk.files) {
      const label = resolve(file);
      if (!files.has(label)) files.set(label, { path: file, label, folder: path });
    }
    skipped.push(...walk.skipped);
  }
  return { files: [...files.values()], skipped };
}

/**
 * Loads a file. A file from a folder that cannot or should not be read is `skipped`; one given by the user throws.
 *
 * @throws UserError
 */
export async function loadFile(
  { path, label, folder }: InputFile,
  maxBytes: number,
  signal: AbortSignal,
): Promise<LoadedDocument | { skipped: Skipped }> {
  try {
    return await loadDocument(path, { label, folders: folder === undefined ? undefined : [folder], maxBytes, signal });
  } catch (error) {
    const skipped = folder === undefined ? undefined : skippedBy(path, error);
    if (skipped === undefined) throw error;
    return { skipped };
  }
}

/** Loads one file given by the user. @throws UserError */
export async function loadNamed(path: string, maxBytes: number, signal: AbortSignal): Promise<LoadedDocument> {
  if (await isFolder(path)) throw errors.fileIsFolder(path);
  return loadDocument(path, { label: resolve(path), folders: undefined, maxBytes, signal });
}
