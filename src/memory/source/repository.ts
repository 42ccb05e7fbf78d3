import { lstat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { exists } from '../exists';
import { readSmallFile } from './ignoreFile';

/** Version control folders: never read, never re-included. */
const versionControl = new Set(['.git', '.hg', '.svn', '.jj']);

export function isVersionControl(name: string): boolean {
  return versionControl.has(name);
}

/** A git repository whose work tree is a folder. */
export interface Repository {
  /** The data shared by all its work trees: `.git` of the main one. */
  common: string;
  /** Created by `git worktree add`: another copy of the main work tree. */
  isLinked: boolean;
}

/** The repository whose work tree starts in a folder. `.git` is a folder there, or a file that says where it is. */
export async function repositoryAt(folder: string): Promise<Repository | undefined> {
  const path = join(folder, '.git');
  const info = await lstat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  if (!info.isFile()) return (await exists(join(path, 'HEAD'))) ? { common: path, isLinked: false } : undefined;
  const [, target] = /^gitdir: (.*?)[\r\n]*$/s.exec(textOf(await readSmallFile(path, false)) ?? '') ?? [];
  if (target === undefined) return undefined;
  const own = resolve(folder, target);
  const named = textOf(await readSmallFile(join(own, 'commondir'), false))?.trim();
  if (named !== undefined) return { common: resolve(own, named), isLinked: true };
  // Git's data about a work tree may be gone, but the copy still exists.
  if (basename(dirname(own)) === 'worktrees') return { common: dirname(dirname(own)), isLinked: true };
  return { common: own, isLinked: false };
}

/** The main work tree of a repository; undefined when there is none, or it is unknown. */
export async function mainWorkTree({ common }: Repository): Promise<string | undefined> {
  if (basename(common) !== '.git') return undefined;
  const isBare = isTrue((await readCore(join(common, 'config'))).get('bare'));
  return isBare ? undefined : dirname(common);
}

/** Whether rules ignore case: `core.ignorecase`; without a repository, git's default here. */
export async function ignoresCase(repository: Repository | undefined): Promise<boolean> {
  if (repository === undefined) return process.platform === 'darwin' || process.platform === 'win32';
  const files = [...personalConfigs(), join(repository.common, 'config')];
  let value: string | undefined;
  for (const file of files) value = (await readCore(file)).get('ignorecase') ?? value;
  return isTrue(value);
}

function isTrue(value: string | undefined): boolean {
  return /^(true|yes|on|[1-9]\d*)$/i.test(value ?? '');
}

/** The user's personal ignore file for all repositories. Only the user may set it: a foreign repository could name any file. */
export async function personalIgnoreFile(): Promise<string> {
  let chosen: string | undefined;
  for (const file of personalConfigs()) chosen = (await readCore(file)).get('excludesfile') ?? chosen;
  if (chosen === undefined) return join(configFolder(), 'git', 'ignore');
  return resolve(homedir(), chosen.replace(/^~(?=\/|$)/, homedir()));
}

function configFolder(): string {
  const { XDG_CONFIG_HOME: folder } = process.env;
  return folder === undefined || folder === '' ? join(homedir(), '.config') : folder;
}

/** Later files take precedence. */
function personalConfigs(): string[] {
  return [join(configFolder(), 'git', 'config'), join(homedir(), '.gitconfig')];
}

/** The values in the section `core` of a git configuration file, names in lower case. */
async function readCore(path: string): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  let section = '';
  for (const line of (textOf(await readSmallFile(path, true)) ?? '').split(/\r?\n/)) {
    const [, header, rest = ''] = /^\s*\[([^\]]*)\](.*)$/.exec(line) ?? [undefined, undefined, line];
    if (header !== undefined) section = header.trim().toLowerCase();
    const [, name, , value] = /^\s*([A-Za-z][\w-]*)\s*(=\s*(.*))?$/.exec(rest) ?? [];
    if (section === 'core' && name !== undefined) values.set(name.toLowerCase(), valueOf(value ?? 'true'));
  }
  return values;
}

/** A value without quotes, escapes and a trailing comment. */
function valueOf(written: string): string {
  const parts = [...written.matchAll(/"((?:\\.|[^"\\])*)"|\\(.)|([#;].*$)|([^"\\#;]+)/g)];
  return parts
    .map(([, quoted, escaped, , plain]) => quoted?.replace(/\\(.)/g, '$1') ?? escaped ?? plain ?? '')
    .join('')
    .trimEnd();
}

function textOf(bytes: string | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes, 'latin1').toString('utf8');
}
