import type { Dirent } from 'node:fs';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { errors, fileSystemError, systemCode, throwIfAborted } from '../../common';
import { exists } from '../exists';
import { IgnoreRules, type IgnoreReason } from './ignoreRules';
import { secretPattern } from './secrets';

/** A kind of reason for leaving something out; stable, for --json and tests. */
export type SkipKind =
  | IgnoreReason['by']
  | 'cache'
  | 'secret'
  | 'link'
  | 'special'
  | 'permission'
  | 'vanished'
  | 'binary'
  | 'empty'
  | 'too-large'
  | 'minified'
  | 'lock'
  | 'unreadable';

/** Something that was not read, and why. Nothing is left out without one of these. */
export interface Skipped {
  path: string;
  kind: SkipKind;
  /** As the end of a sentence. */
  why: string;
}

export interface Walk {
  /** Files to read, sorted, each under the path that was walked. */
  files: string[];
  skipped: Skipped[];
}

/**
 * Lists what a folder holds to be read: nested .gitignore and .memmambaignore files apply, links are never followed (so a walk
 * always ends), secrets, installed packages and caches are left out. Everything left out is reported once, a whole folder as one.
 *
 * @throws UserError when the folder itself cannot be read
 */
export async function walkFolder(folder: string, options: { signal?: AbortSignal | undefined } = {}): Promise<Walk> {
  const walk: Walk = { files: [], skipped: [] };
  let root: string;
  try {
    root = await realpath(resolve(folder));
    await readdir(root);
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') throw errors.notAFile(folder);
    throw fileSystemError(folder, error);
  }
  await visit(root, folder, await IgnoreRules.at(root), walk, options.signal);
  return walk;
}

/**
 * @param real the folder on disk, on which the rules are tested
 * @param shown the same folder as the person wrote it, for output
 */
async function visit(
  real: string,
  shown: string,
  rules: IgnoreRules,
  walk: Walk,
  signal: AbortSignal | undefined,
): Promise<void> {
  throwIfAborted(signal);
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
    const { reason, reincluded } = rules.decide(path, entry.isDirectory());
    const secret = entry.isDirectory() ? undefined : secretPattern(path);
    if (secret !== undefined) {
      skip('secret', `looks like a secret (${secret}), and such files are never read`);
    } else if (reason !== undefined) {
      skip(reason.by, reason.why);
    } else if (entry.isSymbolicLink()) {
      const target = await readlink(path).catch(() => '?');
      skip('link', `a symbolic link to ${target}; links are not followed`);
    } else if (entry.isDirectory()) {
      // Build tools mark folders whose content can be made again: bford.info/cachedir
      if (await exists(join(path, 'CACHEDIR.TAG'))) skip('cache', 'marked as a cache by CACHEDIR.TAG');
      else await visit(path, label, await (reincluded ? rules.forReincluded() : rules).with(path), walk, signal);
    } else if (entry.isFile()) {
      walk.files.push(label);
    } else {
      skip('special', 'neither a file nor a folder');
    }
  }
}

function systemReason(error: unknown): { kind: SkipKind; why: string } {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'permission', why: 'permission denied' };
  if (code === 'ENOENT') return { kind: 'vanished', why: 'disappeared during the walk' };
  return { kind: 'unreadable', why: `cannot be read (${code ?? 'unknown error'})` };
}
