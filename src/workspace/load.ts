import { ExitCode, UserError } from '../common';
import {
  assessSource,
  isLeftOut,
  isNotebook,
  notebookText,
  readSource,
  skippedBecause,
  type MemoryDocument,
  type Skipped,
} from '../memory';
import type { SkipReason } from '../protocol';
import type { LeftOut } from './stage';

/** A document ready to be read, with remarks for the user. */
export interface LoadedDocument {
  document: MemoryDocument;
  notes: string[];
}

export interface LoadOptions {
  /** The store knows it under this name. */
  label: string;
  /** Folders that links must not lead out of; undefined for a file named by the user, which is read whatever its text is. */
  folders: readonly string[] | undefined;
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

/** A file in a folder is left out because of its content. */
class LeftOutByText extends Error {
  constructor(readonly skipped: Skipped) {
    super(skipped.why);
  }
}

/** Loads a file's text through the gate. Pass what is thrown to {@link skippedBy}. @throws UserError */
export async function loadDocument(path: string, options: LoadOptions): Promise<LoadedDocument> {
  const { label, folders, maxBytes, signal } = options;
  const { bytes: read, basename, notes } = await readSource(path, { maxBytes, within: folders, signal });
  const bytes = isNotebook(path) ? notebookText(read) : read;
  const assessment = assessSource(path, bytes);
  if (folders !== undefined && assessment && isLeftOut(assessment)) {
    const kind = assessment.kind === 'lock' ? 'lock' : 'minified';
    throw new LeftOutByText({ path, kind, why: assessment.why });
  }
  const document = { label, basename, bytes };
  return { document, notes: [...notes, ...(assessment ? [`${assessment.kind}: ${assessment.why}`] : [])] };
}

/** Why a file in a folder is left out, if an error of {@link loadDocument} says so; otherwise something went wrong. */
export function skippedBy(path: string, error: unknown): Skipped | undefined {
  if (error instanceof LeftOutByText) return error.skipped;
  return error instanceof UserError && error.exitCode === ExitCode.input ? skippedBecause(path, error) : undefined;
}

const reasons: Record<Skipped['kind'], SkipReason> = {
  'version-control': 'ignored',
  installed: 'ignored',
  gitignore: 'ignored',
  memmambaignore: 'ignored',
  cache: 'ignored',
  secret: 'secret',
  link: 'link',
  special: 'unreadable',
  name: 'unreadable',
  worktree: 'ignored',
  permission: 'unreadable',
  vanished: 'unreadable',
  binary: 'binary',
  empty: 'empty',
  'too-large': 'too-large',
  minified: 'minified',
  lock: 'lock',
  unreadable: 'unreadable',
};

/** The stage of a file left out by a walk or by {@link loadDocument}. */
export function leftOut({ kind, why }: Pick<Skipped, 'kind' | 'why'>): LeftOut {
  return { kind: 'skipped', reason: reasons[kind], why };
}
