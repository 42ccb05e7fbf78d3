// Creates the workspace that `npm start` opens and the tests read: real code in several languages, copied from the installed
// packages when needed, so that none of it is in this repository.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** [folder in the workspace, package file or folder, which files of a folder]. The first is larger than 1.5 MB. */
const parts = [
  ['typescript', 'typescript/lib/lib.dom.d.ts'],
  ['typescript', 'typescript/lib/lib.es5.d.ts'],
  ['lmdb-c', 'lmdb/dependencies/lmdb/libraries/liblmdb', /\.[ch]$/],
  ['lmdb-cpp', 'lmdb/src', /\.(cpp|h)$/],
  ['lz4-c', 'lmdb/dependencies/lz4/lib', /\.[ch]$/],
  ['language-server/server', 'vscode-languageserver/lib/common', /\.js$/],
  ['language-server/protocol', 'vscode-languageserver-protocol/lib/common', /\.d\.ts$/],
  ['minisearch', 'minisearch/src', /\.ts$/],
  ['minisearch/SearchableMap', 'minisearch/src/SearchableMap', /^[^.]+\.ts$/],
  ['minimatch', 'minimatch/dist/commonjs', /\.js$/],
  ['commander', 'commander/lib', /\.js$/],
  ['jsonc-parser', 'jsonc-parser/lib/umd', /\.js$/],
];

/** Creates the sample in `folder` if it is missing; changes made in it stay. Returns the folder. */
export function makeSample(folder) {
  const stamp = join(folder, '.memmamba-sample');
  const wanted = JSON.stringify(parts.map((part) => part.map(String)));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder;
  rmSync(folder, { recursive: true, force: true });
  for (const [place, source, pattern] of parts) {
    const from = join(root, 'node_modules', source);
    if (!existsSync(from)) continue;
    const to = join(folder, place);
    mkdirSync(to, { recursive: true });
    if (!statSync(from).isDirectory()) cpSync(from, join(to, basename(from)));
    else {
      for (const name of readdirSync(from)) {
        if (pattern.test(name)) cpSync(join(from, name), join(to, name));
      }
    }
  }
  writeFileSync(
    join(folder, 'README.md'),
    '# Sample workspace\n\nReal code copied from the packages that this repository installs, each under its own licence.\n',
  );
  writeFileSync(stamp, wanted);
  return folder;
}
