// Writes THIRD-PARTY-NOTICES.txt: every third-party work in the packaged extension, with the text of its licence. Generated when the
// extension is packaged, from what is actually bundled and staged, so it is not committed, where it would become stale.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { plainPackages } from './natives.mjs';

const root = join(import.meta.dirname, '..');
const { bundledInputs, unusedGrammars } = createRequire(import.meta.url)('../esbuild.js');

export const noticesFile = 'THIRD-PARTY-NOTICES.txt';

const text = (...path) =>
  readFileSync(join(root, ...path), 'utf8')
    .replaceAll('\r', '')
    .trim();
const kept = (name) => text('scripts/notices', name);
const filesLike = (folder, pattern) =>
  existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];

/** Packages whose archive lacks the text of their licence, and where that is. */
const elsewhere = {
  'onnxruntime-node': () => kept('onnxruntime.txt'),
  'onnxruntime-common': () => kept('onnxruntime.txt'),
  'weak-lru-cache': () => `Copyright (c) Kris Zyp\n\n${kept('mit.txt')}`,
};

/** The text of a package's licence, with the notices it contains for others. */
function licenceOf(folder, name) {
  const path = join(root, folder);
  const own = filesLike(path, /^(licen[sc]e|copying)/i).map((file) => text(folder, file));
  if (own.length === 0 && elsewhere[name] !== undefined) own.push(elsewhere[name]());
  if (own.length === 0) throw new Error(`${name} has no text of its licence: name one in scripts/notices.mjs`);
  const others = filesLike(path, /^third-?party-?notices/i).map((file) => text(folder, file));
  return [...own, ...others].join('\n\n');
}

function packageEntry(folder) {
  const { name, version, license } = JSON.parse(text(folder, 'package.json'));
  return { name, version, licence: license, folder, text: licenceOf(folder, name) };
}

/** The innermost package that a bundled file belongs to, as a folder relative to the repository. */
export function packageFolder(input) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
}

/** One entry for each package with a file in the bundles. */
async function bundled() {
  const inputs = [...(await bundledInputs()).values()].flat();
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].sort().map(packageEntry);
}

/** The native packages next to the bundles, and the C libraries inside their binaries. */
function native() {
  const packages = ['onnxruntime-node', ...plainPackages].map((name) => packageEntry(`node_modules/${name}`));
  const { version } = packages[0];
  const libraries = 'node_modules/lmdb/dependencies';
  return [
    ...packages,
    // The npm package omits what the library's other packages contain; the file is that of the wheel of the same version.
    {
      name: 'libraries inside onnxruntime',
      version,
      licence: 'see below',
      text: kept(`onnxruntime-${version}-third-party.txt`),
    },
    {
      name: 'DirectML, DirectX Shader Compiler (Windows only)',
      version: `as distributed in onnxruntime-node ${version}`,
      licence: 'Microsoft Software License Terms; University of Illinois/NCSA',
      text:
        'Copyright (c) Microsoft Corporation. Redistributed unchanged under the terms of the packages Microsoft.AI.DirectML and\n' +
        'Microsoft.Direct3D.DXC; the NCSA licence also stands among the notices of onnxruntime above.',
    },
    {
      name: 'liblmdb (inside lmdb)',
      licence: 'OLDAP-2.8',
      text: `${text(libraries, 'lmdb/libraries/liblmdb/COPYRIGHT')}\n\n${text(libraries, 'lmdb/libraries/liblmdb/LICENSE')}`,
    },
    { name: 'lz4 (inside lmdb)', licence: 'BSD-2-Clause', text: text(libraries, 'lz4/lib/LICENSE') },
  ];
}

/** The grammars next to the bundles. @vscode/tree-sitter-wasm builds them without their licences: all are MIT, by these holders. */
function grammars() {
  const holders = JSON.parse(kept('grammars.json'));
  const names = readdirSync(join(root, 'node_modules/@vscode/tree-sitter-wasm/wasm'))
    .map((file) => /^tree-sitter-(.+)\.wasm$/.exec(file)?.[1])
    .filter((name) => name !== undefined && !unusedGrammars.includes(name));
  return names.map((name) => {
    if (holders[name] === undefined)
      throw new Error(`scripts/notices/grammars.json does not name who holds the ${name} grammar`);
    return { name: `tree-sitter-${name}`, licence: 'MIT', text: `${holders[name].join('\n')}\n\n${kept('mit.txt')}` };
  });
}

/** What the weights were learned from, counted by licence; the packages themselves are listed in the packaged SOURCES.md. */
function models() {
  const rows = text('models/training/SOURCES.md')
    .split('\n')
    .map((line) => line.split('|'))
    .filter((cells) => cells.length === 5 && cells[4] === 'train');
  const counts = new Map();
  for (const [, , licence] of rows) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const list = [...counts].sort(([, a], [, b]) => b - a).map(([licence, count]) => `${licence}: ${count}`);
  return [
    {
      name: 'models/memmamba-small, models/ask-words',
      licence: 'MIT',
      text:
        `Weights and word vectors are ours. They were learned from ${rows.length} packages under permissive licences, none of which is\n` +
        'distributed here. Each is named with its version and licence in models/training/SOURCES.md. By licence:\n\n' +
        list.join('\n'),
    },
  ];
}

/** All entries, by their role in the extension. */
export async function entries() {
  return {
    'Packages inside the bundles': await bundled(),
    'Native packages': native(),
    'Grammars of languages': grammars(),
    'What the models were learned from': models(),
  };
}

/** The complete text; `sections` as returned by `entries`. */
export function notices(sections) {
  const line = '='.repeat(100);
  const parts = Object.entries(sections).map(([title, list]) => {
    const notices = list.map(({ name, version, licence, text }) =>
      [line, [name, version].filter(Boolean).join(' '), `Licence: ${licence}`, line, '', text].join('\n'),
    );
    return [`${title}\n${'-'.repeat(title.length)}`, ...notices].join('\n\n');
  });
  const head =
    'MemMamba itself is under the MIT licence (LICENSE). It is distributed with the works of others below, each under its own licence.';
  return `${[head, ...parts].join('\n\n\n')}\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, noticesFile), notices(await entries()));
