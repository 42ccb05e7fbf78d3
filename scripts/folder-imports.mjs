// ESLint rule: which folder of src/ may import which. The table below is the one in the architecture; a deep import into another
// folder is refused too, since each folder's public surface is its index.ts.
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');

const allowed = {
  common: [],
  protocol: ['common'],
  engine: ['common'],
  memory: ['common', 'engine'],
  server: ['common', 'protocol', 'engine', 'memory'],
  client: ['common', 'protocol'],
  webview: ['common', 'protocol'],
  cli: ['common', 'protocol', 'engine', 'memory', 'server'],
  'extension.ts': ['client'],
};

/** Folders inside a folder that are a public surface of their own: code for the browser cannot have the whole of `common`. */
const surfaces = ['common/picture', 'common/search'];

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
