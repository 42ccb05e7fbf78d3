import ignore, { type Ignore } from 'ignore';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { systemCode } from '../../common';
import { exists } from '../exists';

/** Folders of version control: never read, never re-included. */
const versionControl = new Set(['.git', '.hg', '.svn', '.jj']);

export function isVersionControl(name: string): boolean {
  return versionControl.has(name);
}

/**
 * Folders of installed packages and tool caches. The list is short on purpose: a name like `build` or `env` often holds real code,
 * and a build folder is usually in .gitignore or carries CACHEDIR.TAG. `!node_modules/` in .memmambaignore re-includes one.
 */
const installed = new Set([
  'node_modules',
  'bower_components',
  'jspm_packages',
  '__pycache__',
  '.venv',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.gradle',
  '.terraform',
  '.next',
  '.nuxt',
  '.yarn',
  '.pnpm-store',
]);

/** Why something in a folder is left out. */
export interface IgnoreReason {
  /** Whose rule it is. */
  by: 'version-control' | 'installed' | 'gitignore' | 'memmambaignore';
  /** As the end of a sentence, with the rule and the file it stands in. */
  why: string;
}

/** The rules of one ignore file. They apply to paths under `folder`. */
interface RuleFile {
  folder: string;
  name: string;
  rules: Ignore;
}

/**
 * The ignore rules in force in one folder of a walk: those of its own ignore files and of the folders above it. The later and
 * deeper rule wins, and .memmambaignore wins over .gitignore; a line with `!` re-includes. As with git, nothing below an ignored
 * folder can be re-included unless the folder itself is.
 */
export class IgnoreRules {
  private constructor(
    private readonly git: readonly RuleFile[],
    private readonly own: readonly RuleFile[],
  ) {}

  /** The rules that hold in a folder where a walk starts, including those of the repository it lies in. */
  static async at(root: string): Promise<IgnoreRules> {
    const above: string[] = [];
    let repository: string | undefined;
    for (let folder = root; ; folder = dirname(folder)) {
      if (await exists(join(folder, '.git'))) repository = folder;
      if (repository !== undefined || dirname(folder) === folder) break;
      above.unshift(dirname(folder));
    }
    let rules = new IgnoreRules([], []);
    if (repository === undefined) return rules.with(root);
    const exclude = await readRules(repository, join('.git', 'info', 'exclude'));
    if (exclude !== undefined) rules = new IgnoreRules([exclude], []);
    for (const folder of above) {
      // A folder that the person names is read even where the repository around it ignores it.
      if (rules.reason(folder, true) !== undefined) rules = new IgnoreRules([], []);
      rules = await rules.with(folder);
    }
    if (rules.reason(root, true) !== undefined) rules = new IgnoreRules([], []);
    return rules.with(root);
  }

  /** These rules and those of the ignore files in the folder. */
  async with(folder: string): Promise<IgnoreRules> {
    const [git, own] = await Promise.all([readRules(folder, '.gitignore'), readRules(folder, '.memmambaignore')]);
    return new IgnoreRules(git ? [...this.git, git] : this.git, own ? [...this.own, own] : this.own);
  }

  /** For the inside of a folder that .memmambaignore re-included: the .gitignore rules of above, which ignore it, end here. */
  forReincluded(): IgnoreRules {
    return new IgnoreRules([], this.own);
  }

  /** Why a path is left out, or undefined when it is to be read. */
  reason(path: string, isFolder: boolean): IgnoreReason | undefined {
    return this.decide(path, isFolder).reason;
  }

  /** As {@link reason}, and whether a line with `!` in .memmambaignore overruled another rule. */
  decide(path: string, isFolder: boolean): { reason?: IgnoreReason; reincluded: boolean } {
    const name = path.slice(path.lastIndexOf(sep) + 1);
    if (versionControl.has(name)) {
      return { reason: { by: 'version-control', why: 'version control data' }, reincluded: false };
    }
    const own = lastMatch(this.own, path, isFolder);
    if (own?.ignored === true) return { reason: { by: 'memmambaignore', why: own.why }, reincluded: false };
    const git = lastMatch(this.git, path, isFolder);
    const reason: IgnoreReason | undefined =
      isFolder && installed.has(name)
        ? { by: 'installed', why: 'installed packages or tool caches' }
        : git?.ignored === true
          ? { by: 'gitignore', why: git.why }
          : undefined;
    if (reason === undefined) return { reincluded: false };
    return own === undefined ? { reason, reincluded: false } : { reincluded: true };
  }
}

/** The decision of the last rule file that says anything about the path. */
function lastMatch(
  files: readonly RuleFile[],
  path: string,
  isFolder: boolean,
): { ignored: boolean; why: string } | undefined {
  for (let i = files.length - 1; i >= 0; i--) {
    const { folder, name, rules } = files[i]!;
    const inside = relative(folder, path).split(sep).join('/');
    if (inside === '' || inside.startsWith('..')) continue;
    const result = rules.test(isFolder ? `${inside}/` : inside);
    if (result.ignored) return { ignored: true, why: `"${result.rule?.pattern ?? '?'}" in ${name}` };
    if (result.unignored) return { ignored: false, why: name };
  }
  return undefined;
}

async function readRules(folder: string, name: string): Promise<RuleFile | undefined> {
  try {
    // As with git, a link is not followed: its target may lie outside of the folder. Nor does a pipe hold rules.
    const handle = await open(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      if (!(await handle.stat()).isFile()) return undefined;
      return { folder, name, rules: ignore().add(await handle.readFile('utf8')) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    // No such file, or one that cannot be read: its rules do not apply, as with git. The walk reports unreadable files itself.
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  }
}
