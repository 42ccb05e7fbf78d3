import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errors, formatBytes, fileSystemError, systemCode, throwIfAborted } from '../../common';
import { realPath } from './gate';
import { MAX_RULES_BYTES } from './ignoreFile';
import { IGNORE_FILES, IgnoreRules, type IgnoreReason } from './ignoreRules';
import { secretPattern } from './secrets';

/** A kind of reason for leaving something out; stable, for --json and tests. */
export type SkipKind =
  | IgnoreReason['by']
  | 'secret'
  | 'link'
  | 'special'
  | 'name'
  | 'permission'
  | 'vanished'
  | 'binary'
  | 'empty'
  | 'too-large'
  | 'minified'
  | 'lock'
  | 'unreadable';

/** Something that was not read, and why. Nothing is skipped without such an entry. */
export interface Skipped {
  path: string;
  kind: SkipKind;
  /** As the end of a sentence. */
  why: string;
}

export interface Walk {
  /** Files to read, sorted, with paths relative to the given folder path. */
  files: string[];
  skipped: Skipped[];
}

export interface WalkOptions {
  signal?: AbortSignal | undefined;
  /** Folders inside that are walked separately. */
  except?: readonly string[];
}

/**
 * Lists the files of a folder to read: nested .gitignore and .memmambaignore files apply, links are never followed (so a walk always
 * ends); secrets, installed packages, caches and further copies of a repository are skipped. Everything skipped is reported once, a
 * whole folder as one.
 *
 * @throws UserError when the folder itself cannot be read
 */
export async function walkFolder(folder: string, { signal, except = [] }: WalkOptions = {}): Promise<Walk> {
  const walk: Walk = { files: [], skipped: [] };
  let root: string;
  try {
    root = await realpath(resolve(folder));
    await readdir(root);
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') throw errors.notAFile(folder);
    throw fileSystemError(folder, error);
  }
  const options = { signal, except: await Promise.all(except.map(realPath)) };
  await visit(root, folder, await IgnoreRules.at(root), walk, options);
  return walk;
}

/**
 * @param real the folder on disk, which the rules are applied to
 * @param shown the same folder as the user wrote it, for output
 */
async function visit(
  real: string,
  shown: string,
  rules: IgnoreRules,
  walk: Walk,
  options: Required<WalkOptions>,
): Promise<void> {
  throwIfAborted(options.signal);
  let entries: Dirent[];
  try {
    entries = await readdir(real, { withFileTypes: true });
  } catch (error) {
    walk.skipped.push({ path: shown, ...systemReason(error) });
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(real, entry.name);
    const label = join(shown, entry.name);
    const skip = (kind: SkipKind, why: string): void => void walk.skipped.push({ path: label, kind, why });
    const decision = rules.decide(path, entry.isDirectory());
    const secret = entry.isDirectory() ? undefined : secretPattern(path);
    if (secret !== undefined) {
      skip('secret', `looks like a secret (${secret}), and such files are never read`);
    } else if (decision.reason !== undefined) {
      skip(decision.reason.by, decision.reason.why);
    } else if (await isMisread(entry.name, path)) {
      skip('name', 'its name is not UTF-8');
    } else if (entry.isSymbolicLink()) {
      const target = await readlink(path).catch(() => '?');
      skip('link', `a symbolic link to ${target}; links are not followed`);
    } else if (entry.isDirectory()) {
      if (options.except.includes(path)) continue;
      const entered = await rules.enter(path, decision);
      if (entered instanceof IgnoreRules) await visit(path, label, entered, walk, options);
      else skip(entered.by, entered.why);
    } else if (entry.isFile()) {
      const why = await unappliedBecause(path);
      if (why === undefined) walk.files.push(label);
      else skip('too-large', why);
    } else {
      skip('special', 'neither a file nor a folder');
    }
  }
}

/** A name that is not UTF-8 is read with replacement characters, and cannot be used to open the file. */
async function isMisread(name: string, path: string): Promise<boolean> {
  return name.includes('\ufffd') && (await lstat(path).catch(() => undefined)) === undefined;
}

/** Why an ignore file is neither read nor applied. */
export async function unappliedBecause(path: string): Promise<string | undefined> {
  if (!IGNORE_FILES.includes(basename(path))) return undefined;
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined || info.size <= MAX_RULES_BYTES) return undefined;
  return `its rules do not apply: it has ${formatBytes(info.size)}, and at most ${formatBytes(MAX_RULES_BYTES)} are heeded`;
}

function systemReason(error: unknown): { kind: SkipKind; why: string } {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'permission', why: 'permission denied' };
  if (code === 'ENOENT') return { kind: 'vanished', why: 'disappeared during the walk' };
  return { kind: 'unreadable', why: `cannot be read (${code ?? 'unknown error'})` };
}
