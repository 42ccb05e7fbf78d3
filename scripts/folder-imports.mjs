// ESLint rule: which folder of src/ may import which, by the table below, and inside the folders by floors.mjs. A deep import into
// another folder is refused too, since each folder's public surface is its index.ts.
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { floors as ownFloors } from './floors.mjs';

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');

const allowed = {
  common: [],
  protocol: ['common'],
  engine: ['common'],
  memory: ['common', 'engine'],
  workspace: ['common', 'protocol', 'engine', 'memory'],
  server: ['common', 'protocol', 'engine', 'memory', 'workspace'],
  client: ['common', 'protocol'],
  webview: ['common', 'protocol'],
  cli: ['common', 'protocol', 'engine', 'memory', 'workspace', 'server'],
  'extension.ts': ['client'],
};

/** Folders inside a folder with their own entry point: code for the browser cannot load all of `common`. */
const surfaces = ['common/charts', 'common/search'];

/** Native or editor-only packages, and the only places that may load them. */
const packages = {
  vscode: ['client', 'extension.ts'],
  'onnxruntime-node': ['engine'],
  lmdb: ['memory'],
};

/** [folder of src, rest of the path], or undefined for a path outside src. */
function place(path) {
  const inside = relative(src, path);
  if (inside.startsWith('..')) return undefined;
  const [folder, ...rest] = inside.split(sep);
  return { folder, rest };
}

/** A path inside src as listed in the floors: the longest entry that contains it. */
function entryOf(floors, path) {
  const entries = floors.flat().filter((entry) => path === entry || path.startsWith(`${entry}/`));
  return entries.sort((a, b) => b.length - a.length)[0];
}

/** Why a file may not import another, by the floors of their common folder; undefined when it may. */
export function floorProblem(allFloors, from, to) {
  for (const [folder, floors] of Object.entries(allFloors)) {
    if (![from, to].every((path) => path === folder || path.startsWith(`${folder}/`))) continue;
    const inside = (path) => path.slice(folder.length + 1) || 'index';
    const [own, other] = [inside(from), inside(to)].map((path) => entryOf(floors, path));
    const missing = [own, other].indexOf(undefined);
    if (missing >= 0)
      return `${[from, to][missing]} stands on no floor of ${folder}: give it one in scripts/floors.mjs.`;
    if (own === other) continue;
    const floorOf = (entry) => floors.findIndex((floor) => floor.includes(entry));
    if (floorOf(other) >= floorOf(own))
      return `In ${folder}, ${other} does not stand below ${own} (scripts/floors.mjs).`;
  }
  return undefined;
}

/** A path as floors name it: inside src, with slashes, without extension. */
const floorPath = (path) =>
  relative(src, path)
    .split(sep)
    .join('/')
    .replace(/\.ts$/, '')
    .replace(/\/index$/, '');

export const folderImports = {
  meta: {
    type: 'problem',
    schema: [],
    docs: { description: 'keep imports between the folders of src/ to the allowed ones' },
  },
  create(context) {
    const here = place(context.filename);
    if (!here) return {};
    const check = (node) => {
      const name = node.source?.value;
      if (typeof name !== 'string') return;
      const homes = packages[name];
      if (homes && !homes.includes(here.folder)) {
        context.report({ node, message: `Only ${homes.join(' and ')} may import '${name}'.` });
      }
      if (!name.startsWith('.')) return;
      const target = place(resolve(dirname(context.filename), name));
      if (!target) {
        context.report({ node, message: 'Source files import nothing from outside src/.' });
      } else if (target.folder !== here.folder) {
        if (!(allowed[here.folder] ?? []).includes(target.folder)) {
          context.report({ node, message: `${here.folder} may not import ${target.folder}.` });
        } else {
          const path = [target.folder, ...target.rest].join('/').replace(/\/index$/, '');
          if (path !== target.folder && !surfaces.includes(path)) {
            context.report({ node, message: `Import '${target.folder}' through its index.` });
          }
        }
      } else {
        const to = resolve(dirname(context.filename), name);
        const problem = floorProblem(ownFloors, floorPath(context.filename), floorPath(to));
        if (problem !== undefined) context.report({ node, message: problem });
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
