import { UserError, errors, throwIfAborted } from '../common';
import {
  assessSource,
  isFolder,
  isLeftOut,
  readSource,
  skippedBecause,
  walkFolder,
  type MemoryDocument,
  type Skipped,
} from '../memory';
import { resolve } from 'node:path';

/** A file on its way into memory. */
export interface InputFile {
  /** As shown to people. */
  path: string;
  /** Under this the store knows it: the absolute path. */
  label: string;
  /** The folder that the person named and that holds it; undefined when the file was named: then a reason against it is an error. */
  folder: string | undefined;
}

/** The files behind the paths a person gave, folders walked through. @throws UserError for a path that is not there */
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

/** A document ready to be read, with what is worth telling about it. */
export interface LoadedDocument {
  document: MemoryDocument;
  notes: string[];
}

/**
 * Loads a file. A file that came from a folder and cannot or should not be read is `skipped`; one that the person named throws.
 *
 * @throws UserError
 */
export async function loadFile(
  file: InputFile,
  maxBytes: number,
  signal: AbortSignal,
): Promise<LoadedDocument | { skipped: Skipped }> {
  const isNamed = file.folder === undefined;
  try {
    const within = file.folder === undefined ? undefined : [file.folder];
    const source = await readSource(file.path, { maxBytes, within, signal });
    const assessment = assessSource(file.path, source.bytes);
    if (!isNamed && assessment && isLeftOut(assessment)) {
      return {
        skipped: { path: file.path, kind: assessment.kind === 'lock' ? 'lock' : 'minified', why: assessment.why },
      };
    }
    const notes = [...source.notes, ...(assessment ? [`${assessment.kind}: ${assessment.why}`] : [])];
    return { document: { label: file.label, basename: source.basename, bytes: source.bytes }, notes };
  } catch (error) {
    if (isNamed || !(error instanceof UserError)) throw error;
    return { skipped: skippedBecause(file.path, error) };
  }
}

/** Loads one file that the person named. @throws UserError */
export async function loadNamed(path: string, maxBytes: number, signal: AbortSignal): Promise<LoadedDocument> {
  if (await isFolder(path)) throw errors.fileIsFolder(path);
  const loaded = await loadFile({ path, label: resolve(path), folder: undefined }, maxBytes, signal);
  if ('skipped' in loaded) throw errors.nothingToRead([path]);
  return loaded;
}
