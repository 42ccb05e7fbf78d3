import { lstat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { exists } from '../exists';
import { readSmallFile } from './ignoreFile';

/** Folders of version control: never read, never re-included. */
const versionControl = new Set(['.git', '.hg', '.svn', '.jj']);

export function isVersionControl(name: string): boolean {
  return versionControl.has(name);
}

/** A git repository whose work tree is a folder. */
export interface Repository {
  /** Where its data is that all its work trees share: `.git` of the main one. */
  common: string;
  /** Made by `git worktree add`: a further copy of what the main work tree holds. */
  isLinked: boolean;
}

/** The repository whose work tree begins in a folder. `.git` is a folder there, or a file that tells where it is. */
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
  // What git knew of a work tree may be gone; the copy is there all the same.
  if (basename(dirname(own)) === 'worktrees') return { common: dirname(dirname(own)), isLinked: true };
  return { common: own, isLinked: false };
}

/** The main work tree of a repository; undefined when it has none, or it cannot be told. */
export async function mainWorkTree({ common }: Repository): Promise<string | undefined> {
  if (basename(common) !== '.git') return undefined;
  const isBare = isTrue((await readCore(join(common, 'config'))).get('bare'));
  return isBare ? undefined : dirname(common);
}

/** Whether rules hold for names in upper and lower case alike: `core.ignorecase`; without a repository, what git would set here. */
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

/** The person's own file of ignore rules for all repositories. Only they choose it: a repository from elsewhere could name any file. */
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

/** The later one wins. */
function personalConfigs(): string[] {
  return [join(configFolder(), 'git', 'config'), join(homedir(), '.gitconfig')];
}

/** The values in the section `core` of a configuration file of git, names in lower case. */
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

/** A value without quotes, escapes and a comment behind it. */
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
