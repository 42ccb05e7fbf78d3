import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ignoredBecause, walkFolder } from '../../src/memory';

/** A folder with rules. Paths have slashes. */
export interface Tree {
  files: string[];
  /** Content of the .gitignore in each of these folders; '' is the root. */
  rules: Record<string, string>;
  exclude: string;
  ignoresCase: boolean;
  /** Folders with their own repository. */
  repositories: string[];
}

const names = [
  'a',
  'b',
  'ab',
  'abc',
  'A',
  'Ab',
  'build',
  'BUILD',
  'x.ts',
  'X.gen.ts',
  '..c',
  '.d',
  'a b',
  'é',
  '#a',
  '!a',
  'a[1]',
  'b*',
];
const name = fc.constantFrom(...names);
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

/** Pieces of patterns: what people write, and corner cases of git's matcher. */
const piece = fc.oneof(
  { weight: 6, arbitrary: name },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...[
        '*',
        '**',
        '***',
        '?',
        '??',
        '*.ts',
        '*.gen.*',
        'a*',
        '*b',
        'a**',
        '**b',
        'a?',
        '[ab]',
        '[!a]',
        '[^b]*',
        '[a-c]b',
        '[A-Z]',
      ],
      ...[
        '[[:alpha:]]',
        '[[:upper:]]b',
        '[[:nope:]]',
        '[a',
        '[]a]',
        '[]-b]',
        '[a-]',
        '[\\]]',
        '[b-a]',
        '[[:a]',
        '[a/b]',
        '\\a',
        '\\#a',
        '\\!a',
      ],
      ...[
        '\\*',
        'b\\*',
        'a\\ b',
        'a\\',
        '..*',
        '.*',
        'é',
        '?a',
        '???',
        'a[[]1]',
        'a\\[1\\]',
        '*a*b*',
        '[!-~]',
        '[\\a-\\b]',
      ],
    ),
  },
);
const pattern = fc
  .record({
    negation: fc.constantFrom('', '', '', '!'),
    start: fc.constantFrom('', '', '/', '**/', '//'),
    pieces: fc.array(piece, { minLength: 1, maxLength: 3 }),
    joint: fc.constantFrom('/', '/', '/', '/**/', '\\/', ''),
    end: fc.constantFrom('', '', '/', '/**', '/*', ' ', '\\ ', '  \t', '\r'),
  })
  .map(({ negation, start, pieces, joint, end }) => negation + start + pieces.join(joint) + end);
const line = fc.oneof(
  { weight: 12, arbitrary: pattern },
  fc.constantFrom('', ' ', '# a', '!', '/', '*', '**', '!*/', '\r', '\\'),
);
const rules = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n'));

export const trees: fc.Arbitrary<Tree> = fc.array(path, { minLength: 1, maxLength: 14 }).chain((paths) => {
  const folders = ['', ...new Set(paths.flatMap(foldersOf))];
  return fc.record({
    files: fc.constant(paths),
    rules: fc.dictionary(fc.constantFrom(...folders), rules, { maxKeys: 3 }),
    exclude: fc.oneof({ weight: 2, arbitrary: fc.constant('') }, rules),
    ignoresCase: fc.boolean(),
    repositories: fc.oneof(
      { weight: 4, arbitrary: fc.constant<string[]>([]) },
      fc
        .array(fc.constantFrom(...folders.slice(0, 4)), { maxLength: 1 })
        .map((list) => list.filter((one) => one !== '')),
    ),
  });
});

function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** Whether a walk, and the decision about each file alone, agree with `git ls-files -o --exclude-standard`. @throws Error that shows how they differ */
export async function agreesWithGit(tree: Tree): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'memmamba-git-'));
  try {
    const made = await make(root, tree);
    const expected = [...new Set(listedByGit(root))].sort();
    const { files, skipped } = await walkFolder(root);
    const walked = files.map((file) => relative(root, file)).sort();
    compare('a walk', walked, expected);
    // Each costs as much as a walk: a few of each tree are enough.
    const some = made.slice(0, 3);
    const alone: string[] = [];
    for (const file of some) if ((await ignoredBecause(root, join(root, file))) === undefined) alone.push(file);
    compare(
      'one file at a time',
      alone,
      some.filter((file) => expected.includes(file)),
    );
    for (const { why } of skipped) if (why === '') throw new Error('something was left out without a reason');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Creates the files that can be created: a path may be a folder already. @returns all files */
async function make(root: string, { files, rules, exclude, ignoresCase, repositories }: Tree): Promise<string[]> {
  const made: string[] = [];
  const write = async (file: string, content: string): Promise<void> => {
    try {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), content);
      if (!file.includes('.git/')) made.push(file);
    } catch (error) {
      if (!/EISDIR|ENOTDIR|EEXIST/.test(String(error))) throw error;
    }
  };
  const config = `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tignorecase = ${ignoresCase}\n`;
  for (const file of files) await write(file, 'x');
  for (const [folder, lines] of Object.entries(rules)) await write(join(folder, '.gitignore'), lines);
  for (const repository of ['', ...repositories]) {
    await write(join(repository, '.git/HEAD'), 'ref: refs/heads/main\n');
    await write(join(repository, '.git/config'), config);
    await write(join(repository, '.git/info/exclude'), repository === '' ? exclude : '');
    for (const folder of ['objects', 'refs']) {
      await mkdir(join(root, repository, '.git', folder), { recursive: true }).catch(() => undefined);
    }
  }
  return made;
}

/** What is neither tracked nor ignored, including nested repositories. */
function listedByGit(root: string): string[] {
  const arguments_ = ['-C', root, 'ls-files', '-z', '--others', '--exclude-standard'];
  const environment = { ...process.env, GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: dirname(root) };
  const listed = execFileSync('git', arguments_, { env: environment, encoding: 'utf8' }).split('\0').slice(0, -1);
  return listed.flatMap((file) =>
    file.endsWith('/') ? listedByGit(join(root, file)).map((inner) => file + inner) : [file],
  );
}

function compare(how: string, actual: string[], expected: string[]): void {
  const more = actual.filter((file) => !expected.includes(file));
  const fewer = expected.filter((file) => !actual.includes(file));
  if (more.length + fewer.length === 0) return;
  throw new Error(
    `${how} reads ${JSON.stringify(more)}, which git ignores, and not ${JSON.stringify(fewer)}, which git does not`,
  );
}

export const ignoreRulesAgreeWithGit = fc.asyncProperty(trees, agreesWithGit);
