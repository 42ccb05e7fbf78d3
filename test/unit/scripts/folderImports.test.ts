import { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { floorProblem, folderImports } = await import(pathToFileURL(`${root}/scripts/folder-imports.mjs`).href);

/** What the rule says of a file of src/. */
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
