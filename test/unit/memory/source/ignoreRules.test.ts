import fc from 'fast-check';
import { describe, it } from 'vitest';
import { agreesWithGit, ignoreRulesAgreeWithGit, type Tree } from '../../../fuzz/ignoreRules';

const tree = (files: string[], rules: Record<string, string>, more: Partial<Tree> = {}): Tree => ({
  files,
  rules,
  exclude: '',
  ignoresCase: false,
  repositories: [],
  ...more,
});

/** Where others went wrong. Each is compared with what git itself says. */
const cases: Record<string, Tree> = {
  'a deeper file re-includes a folder': tree(['vendor/x.ts', 'a/vendor/x.ts', 'b/vendor/x.ts'], {
    '': 'vendor/',
    a: '!vendor/',
  }),
  'a deeper file re-includes one file': tree(['a/x.log', 'x.log'], { '': '*.log', a: '!x.log' }),
  'a deeper file cannot re-include below an ignored folder': tree(['a/b/x.ts'], { '': 'a/', 'a/b': '!x.ts' }),
  'case counts': tree(['BUILD', 'build/x.ts', 'Build/y.ts'], { '': 'build' }),
  'case does not count': tree(
    ['BUILD', 'build/x.ts', 'A/É.ts', 'b/é.ts'],
    { '': 'build\né.ts' },
    { ignoresCase: true },
  ),
  'names that begin with two dots': tree(['..cache/x.ts', '..notes.md', '...', 'a/..b'], {
    '': '..cache/\n..notes.md\n..b',
  }),
  'a repository in a repository': tree(
    ['x.gen.ts', 'inner/x.gen.ts', 'inner/y.ts', 'out/z.ts'],
    { '': '*.gen.ts\nout/', inner: 'y.ts' },
    { repositories: ['inner', 'out'] },
  ),
  'bytes, not characters': tree(['é', 'e', 'éa', '日'], { '': '?\n!???' }),
  'rules of an editor on another system': tree(['a b', 'a ', 'x.ts', '#a', '!a'], {
    '': '\ufeffx.ts\r\na\\ \r\n\\#a\r\n\\!a',
  }),
};

describe('ignore rules', () => {
  for (const [name, one] of Object.entries(cases)) it(`are those of git: ${name}`, () => agreesWithGit(one));

  it('are those of git in random trees under random rules', async () => {
    await fc.assert(ignoreRulesAgreeWithGit, { numRuns: 200 });
  }, 120_000);
});
