import { ExitCode, UserError } from '../common';
import { assessSource, isLeftOut, readSource, skippedBecause, type MemoryDocument, type Skipped } from '../memory';
import type { SkipReason } from '../protocol';
import type { LeftOut } from './stage';

/** A document ready to be read, with what is worth telling about it. */
export interface LoadedDocument {
  document: MemoryDocument;
  notes: string[];
}

export interface LoadOptions {
  /** Under this the store knows it. */
  label: string;
  /** Folders out of which no link may lead; undefined for a file that the person named, which is read whatever its text is. */
  folders: readonly string[] | undefined;
  maxBytes: number;
  signal?: AbortSignal | undefined;
}

/** A file of a folder is left out because of what is in it. */
class LeftOutByText extends Error {
  constructor(readonly skipped: Skipped) {
    super(skipped.why);
  }
}

/** Loads a file's text through the gate. Ask {@link skippedBy} about what is thrown. @throws UserError */
export async function loadDocument(path: string, options: LoadOptions): Promise<LoadedDocument> {
  const { label, folders, maxBytes, signal } = options;
  const { bytes, basename, notes } = await readSource(path, { maxBytes, within: folders, signal });
  const assessment = assessSource(path, bytes);
  if (folders !== undefined && assessment && isLeftOut(assessment)) {
    const kind = assessment.kind === 'lock' ? 'lock' : 'minified';
    throw new LeftOutByText({ path, kind, why: assessment.why });
  }
  const document = { label, basename, bytes };
  return { document, notes: [...notes, ...(assessment ? [`${assessment.kind}: ${assessment.why}`] : [])] };
}

/** Why a file of a folder is left out, if an error of {@link loadDocument} says that; otherwise something went wrong. */
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

/** The stage of what a walk or {@link loadDocument} left out. */
export function leftOut({ kind, why }: Pick<Skipped, 'kind' | 'why'>): LeftOut {
  return { kind: 'skipped', reason: reasons[kind], why };
}
