import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isVersionControl } from './repository';
import { secretPattern } from './secrets';

/** Why a path may not be opened. */
export interface Refusal {
  kind: 'link' | 'secret';
  /** As the end of a sentence. */
  why: string;
}

/**
 * The only gate for opening files: it judges the actual file, not the path that leads to it. A secret is refused by its real name, and
 * also when another name of the same file (a hard link) is on the list; a link that leads out of the folders is refused wherever it
 * leads.
 *
 * @param real as from {@link realPath}
 * @param folders that must contain the file; undefined for a path named by the user, which may lead anywhere
 */
export async function refusedBecause(
  path: string,
  real: string,
  folders: readonly string[] | undefined,
): Promise<Refusal | undefined> {
  const pattern = secretPattern(path) ?? secretPattern(real);
  if (pattern !== undefined) {
    return { kind: 'secret', why: `looks like a secret (${pattern}), and such files are never read` };
  }
  if (folders !== undefined && !(await isReallyInside(real, folders))) {
    return { kind: 'link', why: 'a link leads from there to outside of the folder; such links are not followed' };
  }
  const info = await lstat(real).catch(() => undefined);
  if (info === undefined || !info.isFile() || info.nlink < 2) return undefined;
  const twin = await secretTwin(info, real, folders);
  return twin === undefined
    ? undefined
    : { kind: 'secret', why: `is the same file as ${basename(twin)}, which looks like a secret` };
}

/** The real path of a file; for one that does not exist (yet), where it would be. */
export async function realPath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const parent = dirname(whole);
    return parent === whole ? whole : join(await realPath(parent), basename(whole));
  }
}

/** Whether a real path is inside one of the folders, wherever those really are. */
export async function isReallyInside(real: string, folders: readonly string[]): Promise<boolean> {
  const roots = await Promise.all(folders.map(realPath));
  return roots.some((root) => isBelow(root, real));
}

export function isBelow(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** The secret files of a folder by device and inode. */
interface Inodes {
  /** When the search for them started, as in `Date.now()`. */
  started: number;
  found: Promise<Map<string, string>>;
}

const known = new Map<string, Inodes>();

/** File systems have coarser times than the clock. Milliseconds. */
const COARSE = 1000;

/**
 * Another name of the same file that is on the list of secrets, in its folders or, for a file named by the user, in its own
 * folder.
 */
async function secretTwin(
  info: Stats,
  real: string,
  folders: readonly string[] | undefined,
): Promise<string | undefined> {
  for (const folder of folders ?? [dirname(real)]) {
    let inodes = known.get(folder);
    // A new name of a file changes its inode, so earlier results may no longer be valid.
    if (inodes === undefined || info.ctimeMs + COARSE > inodes.started) {
      const found = new Map<string, string>();
      inodes = { started: Date.now(), found: findSecrets(folder, folders !== undefined, found).then(() => found) };
      known.set(folder, inodes);
    }
    const twin = (await inodes.found).get(inodeOf(info));
    if (twin !== undefined) return twin;
  }
  return undefined;
}

async function findSecrets(folder: string, isDeep: boolean, found: Map<string, string>): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (isDeep && !isVersionControl(entry.name)) await findSecrets(path, isDeep, found);
    } else if (entry.isFile() && secretPattern(path) !== undefined) {
      const info = await lstat(path).catch(() => undefined);
      if (info !== undefined && info.nlink > 1) found.set(inodeOf(info), path);
    }
  }
}

function inodeOf({ dev, ino }: Stats): string {
  return `${dev} ${ino}`;
}
