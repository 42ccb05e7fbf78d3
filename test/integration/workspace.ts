import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Real code provided by the runner. */
const sample = (...parts: string[]): string => join(process.env['MEMMAMBA_SAMPLE'] ?? '.cache/sample', ...parts);

const git = (folder: string, ...args: string[]): void => {
  const identity = ['-c', 'user.name=Tests', '-c', 'user.email=tests@example.invalid', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...args], { cwd: folder, stdio: 'ignore' });
};

/**
 * Two folders of real code and the file that opens both: `first` with plain files, one with CRLF line ends, ignore files and
 * something that looks secret; `second` as a repository with two branches in which `branch.ts` differs in its last lines.
 */
export function fillWorkspace(folder: string): string {
  const first = join(folder, 'first');
  mkdirSync(join(first, 'generated'), { recursive: true });
  for (const name of ['help.js', 'option.js', 'error.js']) cpSync(sample('commander', name), join(first, name));
  const argument = readFileSync(sample('commander', 'argument.js'), 'utf8');
  writeFileSync(join(first, 'crlf.js'), argument.replaceAll(/\r?\n/g, '\r\n'));
  cpSync(sample('commander', 'suggestSimilar.js'), join(first, 'generated', 'output.js'));
  cpSync(sample('commander', 'suggestSimilar.js'), join(first, 'generated', 'wanted.js'));
  writeFileSync(join(first, '.gitignore'), 'generated/*\n');
  writeFileSync(join(first, '.memmambaignore'), '!generated/wanted.js\n');
  writeFileSync(join(first, '.env'), 'API_TOKEN=not-a-real-one\n');

  const second = join(folder, 'second');
  mkdirSync(second);
  // Of shorter texts no state is kept.
  const branch = ['fuzzySearch.ts', 'SearchableMap.ts']
    .map((name) => readFileSync(sample('minisearch', 'SearchableMap', name), 'utf8'))
    .join('\n');
  writeFileSync(join(second, 'branch.ts'), branch);
  git(second, 'init', '--quiet', '--initial-branch=main');
  git(second, 'add', '.');
  git(second, 'commit', '--quiet', '-m', 'One');
  git(second, 'checkout', '--quiet', '-b', 'other');
  writeFileSync(join(second, 'branch.ts'), `${branch}\nexport const onlyOnTheOtherBranch = 'walrus';\n`);
  git(second, 'commit', '--quiet', '-a', '-m', 'Two');
  git(second, 'checkout', '--quiet', 'main');

  const file = join(folder, 'both.code-workspace');
  writeFileSync(file, JSON.stringify({ folders: [{ path: 'first' }, { path: 'second' }] }));
  return file;
}
