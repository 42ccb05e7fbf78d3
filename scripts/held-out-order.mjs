// Files of a package in the order of the training corpus (memmamba_training/corpus/order.py): documents, then definitions before uses, as
// far as relative imports show.
import { posix } from 'node:path';

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'](\.[^"'\n]*)["']/g;
const ENDINGS = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.d.ts'];
const INDEXES = ['/index.ts', '/index.tsx', '/index.js', '/index.mjs', '/index.d.ts'];

/** Paths that a file imports, among those of the package. */
function imports(path, text, table) {
  const found = [];
  for (const [, target] of text.matchAll(IMPORT)) {
    const base = posix.normalize(posix.join(posix.dirname(path), target));
    const places = [base, base.replace(/\.[cm]?js$/, '')].flatMap((stem) =>
      [...ENDINGS, ...INDEXES].map((ending) => stem + ending),
    );
    const hit = places.find((place) => table.has(place));
    if (hit !== undefined) found.push(hit);
  }
  return found;
}

/**
 * Depth first, alphabetical among equals; cycles are cut where they are found.
 * @param {{ path: string, text: string }[]} files
 */
export function inDependencyOrder(files) {
  const table = new Map(files.map((file) => [file.path, file]));
  const key = ({ path }) => `${path.endsWith('.md') ? 0 : 1} ${posix.dirname(path)}/ ${path}`;
  const done = new Set();
  const ordered = [];
  const visit = (file) => {
    if (done.has(file.path)) return;
    done.add(file.path);
    const needed = [...new Set(imports(file.path, file.text, table))].sort();
    for (const path of needed) visit(table.get(path));
    ordered.push(file);
  };
  for (const file of files.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))) visit(file);
  return ordered;
}
