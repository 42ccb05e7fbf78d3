import { dirname, join, sep } from 'node:path';
import { exists } from '../exists';
import { isBelow } from './gate';
import { IgnoreFile, type Verdict } from './ignoreFile';
import {
  ignoresCase,
  isVersionControl,
  mainWorkTree,
  personalIgnoreFile,
  repositoryAt,
  type Repository,
} from './repository';

/**
 * Folders of installed packages and tool caches. The list is short on purpose: a name like `build` or `env` often contains real
 * code, and a build folder is usually in .gitignore or has a CACHEDIR.TAG. `!node_modules/` in .memmambaignore re-includes one.
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

/** Ignore files in a folder; both use git's syntax. */
export const IGNORE_FILES: readonly string[] = ['.gitignore', '.memmambaignore'];

/** Why something in a folder is left out. */
export interface IgnoreReason {
  /** Origin of the rule. */
  by: 'version-control' | 'installed' | 'gitignore' | 'memmambaignore' | 'cache' | 'worktree';
  /** As the end of a sentence, with the rule and its file. */
  why: string;
}

interface Decision {
  reason?: IgnoreReason;
  /** A line with `!` in .memmambaignore matches this exact path. */
  wanted: boolean;
  /** ... and overrules another rule. */
  reincluded: boolean;
}

/**
 * The ignore rules in force in one folder of a walk: those of its own ignore files and of the folders above it. The later and
 * deeper rule wins, and .memmambaignore takes precedence over .gitignore; a line with `!` re-includes. As in git, nothing in an
 * ignored folder can be re-included unless the folder itself is, and a nested repository ignores the rules around it.
 */
export class IgnoreRules {
  private constructor(
    private readonly git: readonly IgnoreFile[],
    private readonly own: readonly IgnoreFile[],
    private readonly folds: boolean,
    /** Where the walk starts, and the repository (its data). */
    private readonly start: { root: string; common: string | undefined },
  ) {}

  /** The rules in force in a folder where a walk starts, including those of its repository. @param root real path */
  static async at(root: string): Promise<IgnoreRules> {
    const below: string[] = [];
    let holder = root;
    let repository = await repositoryAt(holder);
    while (repository === undefined && dirname(holder) !== holder) {
      below.unshift(holder);
      holder = dirname(holder);
      repository = await repositoryAt(holder);
    }
    const none = new IgnoreRules([], [], await ignoresCase(repository), { root, common: repository?.common });
    if (repository === undefined) return none.with(root);
    let rules = await none.inRepository(holder, repository);
    for (const folder of below) {
      // A folder named by the user is read even if the repository around it ignores it.
      if (rules.decide(folder, true).reason !== undefined) rules = none;
      rules = await rules.with(folder);
    }
    return rules;
  }

  /** The rules of a repository, regardless of .gitignore files around it. */
  private async inRepository(folder: string, repository: Repository): Promise<IgnoreRules> {
    const folds = await ignoresCase(repository);
    const exclude = join(repository.common, 'info', 'exclude');
    const files = await Promise.all([
      IgnoreFile.read(folder, 'your ignore file of git', folds, await personalIgnoreFile(), true),
      IgnoreFile.read(folder, '.git/info/exclude', folds, exclude),
    ]);
    const git = files.filter((file) => file !== undefined);
    return new IgnoreRules(git, this.own, folds, this.start).with(folder);
  }

  /** These rules plus those of the ignore files in the folder. */
  private async with(folder: string): Promise<IgnoreRules> {
    const [git, own] = await Promise.all(IGNORE_FILES.map((name) => IgnoreFile.read(folder, name, this.folds)));
    const { folds, start } = this;
    return new IgnoreRules(git ? [...this.git, git] : this.git, own ? [...this.own, own] : this.own, folds, start);
  }

  /**
   * The rules inside a folder of the walk, or why everything in it is left out after all.
   *
   * @param decision of these rules about the folder, which does not leave it out
   */
  async enter(folder: string, { wanted, reincluded }: Decision): Promise<IgnoreRules | IgnoreReason> {
    // Build tools mark folders whose content can be regenerated: bford.info/cachedir
    if (await exists(join(folder, 'CACHEDIR.TAG'))) return { by: 'cache', why: 'marked as a cache by CACHEDIR.TAG' };
    const repository = await repositoryAt(folder);
    if (repository !== undefined) {
      if (!wanted && (await this.isCopy(repository))) {
        return { by: 'worktree', why: 'a linked worktree, a further copy of a repository that is here already' };
      }
      return this.inRepository(folder, repository);
    }
    // The .gitignore rules above, which ignore the folder, end there.
    const { own, folds, start } = this;
    return (reincluded ? new IgnoreRules([], own, folds, start) : this).with(folder);
  }

  private async isCopy(repository: Repository): Promise<boolean> {
    if (!repository.isLinked) return false;
    const { root, common } = this.start;
    if (repository.common === common) return true;
    const main = await mainWorkTree(repository);
    return main !== undefined && (main === root || isBelow(root, main));
  }

  /** Whether a path is left out, and why. */
  decide(path: string, isFolder: boolean): Decision {
    const name = path.slice(path.lastIndexOf(sep) + 1);
    const left = (by: IgnoreReason['by'], why: string): Decision => ({
      reason: { by, why },
      wanted: false,
      reincluded: false,
    });
    if (isVersionControl(name)) return left('version-control', 'version control data');
    const own = lastVerdict(this.own, path, isFolder);
    if (own?.ignored === true) return left('memmambaignore', why(own));
    const git = lastVerdict(this.git, path, isFolder);
    const isInstalled = isFolder && installed.has(name);
    const isIgnored = isInstalled || git?.ignored === true;
    if (own !== undefined) return { wanted: true, reincluded: isIgnored };
    if (isInstalled) return left('installed', 'installed packages or tool caches');
    return git?.ignored === true ? left('gitignore', why(git)) : { wanted: false, reincluded: false };
  }
}

function why({ rule, file }: Verdict): string {
  return `"${rule}" in ${file}`;
}

/** The verdict of the deepest file that has one. */
function lastVerdict(files: readonly IgnoreFile[], path: string, isFolder: boolean): Verdict | undefined {
  for (let i = files.length - 1; i >= 0; i--) {
    const verdict = files[i]!.verdict(path, isFolder);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}
