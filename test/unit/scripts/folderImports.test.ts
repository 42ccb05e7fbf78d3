import { Linter } from 'eslint';
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const script = (name: string) => import(pathToFileURL(`${root}/scripts/${name}.mjs`).href);
const { floorProblem, folderImports } = await script('folder-imports');

/** The rule's messages for a file of src/. */
function problems(file: string, code: string): string[] {
  const linter = new Linter({ cwd: root });
  const config: Linter.Config = {
    files: ['**/*.ts'],
    plugins: { memmamba: { rules: { 'folder-imports': folderImports } } },
    rules: { 'memmamba/folder-imports': 'error' },
  };
  return linter.verify(code, config, `src/${file}`).map(({ message }) => message);
}

describe('imports between the folders of src', () => {
  it.each([
    ['client/view.ts', "import { Uri } from 'vscode';", []],
    ['engine/view.ts', "import { Uri } from 'vscode';", ["Only client and extension.ts may import 'vscode'."]],
    ['memory/store.ts', "export * from '../engine';", []],
    ['memory/store.ts', "export * from '../engine/state';", ["Import 'engine' through its index."]],
    ['engine/state.ts', "import { Store } from '../memory';", ['engine may not import memory.']],
    ['webview/ask/page.ts', "import { strip } from '../../common/charts';", []],
    ['engine/state.ts', "const { x } = await import('../server');", ['engine may not import server.']],
    ['engine/state.ts', "import { x } from '../../bench/x';", ['Source files import nothing from outside src/.']],
  ])('%s: %s', (file, code, expected) => {
    expect(problems(file, code)).toEqual(expected);
  });
});

describe('floors inside a folder', () => {
  it('are given for every folder of src, and name what is there', async () => {
    const { floors: all } = (await script('floors')) as { floors: Record<string, string[][]> };
    const paths = Object.entries(all).flatMap(([folder, list]) => list.flat().map((entry) => `src/${folder}/${entry}`));
    const folders = readdirSync(`${root}/src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(Object.keys(all)).toEqual(expect.arrayContaining(folders.map(({ name }) => name)));
    expect(paths.filter((path) => ![path, `${path}.ts`].some((name) => existsSync(`${root}/${name}`)))).toEqual([]);
    expect(paths.filter((path, i) => paths.indexOf(path) !== i)).toEqual([]);
  });

  const floors = { engine: [['json', 'parts/deep'], ['parts'], ['index']], 'engine/parts': [['deep'], ['index']] };

  it.each([
    ['engine/parts', 'engine/json'],
    ['engine', 'engine/parts'],
    ['engine/parts/other', 'engine/parts/deep/one'],
    ['engine/parts', 'engine/parts/deep'],
    ['engine/unknown', 'memory/unknown'],
  ])('%s may import %s', (from, to) => {
    const inOne = { engine: floors.engine };
    expect(floorProblem(inOne, from, to)).toBeUndefined();
  });

  it.each([
    ['engine/json', 'engine/parts', 'In engine, parts does not stand below json (scripts/floors.mjs).'],
    ['engine/json', 'engine/parts/deep', 'In engine, parts/deep does not stand below json (scripts/floors.mjs).'],
    ['engine/parts/other', 'engine', 'In engine, index does not stand below parts (scripts/floors.mjs).'],
    ['engine/new', 'engine/json', 'engine/new stands on no floor of engine: give it one in scripts/floors.mjs.'],
    ['engine/parts/deep', 'engine/parts', 'In engine, parts does not stand below parts/deep (scripts/floors.mjs).'],
  ])('%s may not import %s', (from, to, problem) => {
    expect(floorProblem(floors, from, to)).toBe(problem);
  });
});
