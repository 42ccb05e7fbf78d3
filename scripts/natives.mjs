// Stages the native packages of one platform into dist/node_modules: only the files that the bundles load at run time. The host's
// files come from the installed packages; onnxruntime-node contains every platform's library, and the lmdb binary of another
// platform is fetched once into .cache/natives and checked against the lock file.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { cleanEnvironment } from './bootstrap.mjs';

const root = join(import.meta.dirname, '..');
const installed = join(root, 'node_modules');

/** What lmdb requires at run time. Its optional extractor for msgpackr is left out: msgpackr falls back to JavaScript. */
export const plainPackages = [
  'onnxruntime-common',
  'lmdb',
  'msgpackr',
  'weak-lru-cache',
  'ordered-binary',
  'node-gyp-build-optional-packages',
  'detect-libc',
  '@harperfast/extended-iterable',
];

/** Folders of those packages that nothing loads: sources, tests, left-overs of tools. */
const sources = /^(test|tests|docs|script|src|dict|dependencies|benchmark|node_modules|\..*)(\/|$)/;
const isFolder = (path) => statSync(path).isDirectory();
const isCode = (path) => /\.(c?js|mjs|json)$/.test(path) || /(^|\/)LICEN[SC]E[^/]*$/i.test(path);

/** Copies a package's files for which `keep(path inside the package, is a folder)` holds. */
function copy(from, to, keep) {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => {
      const inside = relative(from, path).split(sep).join('/');
      return inside === '' || keep(inside, isFolder(path));
    },
  });
}

/** The folder of the lmdb binary for a target; downloaded when this machine did not install it. */
function lmdbBinary(target) {
  const name = `@lmdb/lmdb-${target}`;
  if (existsSync(join(installed, name))) return join(installed, name);
  const cached = join(root, '.cache/natives', name);
  if (existsSync(cached)) return cached;
  const { version, integrity } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[
    `node_modules/${name}`
  ];
  const scratch = join(root, '.cache/natives', `fetch-${target}`);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const archive = execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', scratch], {
    encoding: 'utf8',
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  }).trim();
  const bytes = readFileSync(join(scratch, archive));
  const [algorithm, expected] = integrity.split(/-(.*)/s);
  if (createHash(algorithm).update(bytes).digest('base64') !== expected) {
    throw new Error(`${name}@${version} is not the package that package-lock.json names; nothing was packaged`);
  }
  execFileSync('tar', ['-xzf', archive], { cwd: scratch });
  mkdirSync(join(cached, '..'), { recursive: true });
  renameSync(join(scratch, 'package'), cached);
  rmSync(scratch, { recursive: true });
  return cached;
}

/** Replaces `folder` by the native packages of a target. */
export function stageNatives(target, folder) {
  const [platform, arch] = target.split('-');
  const libraries = `bin/napi-v6/${platform}/${arch}`;
  rmSync(folder, { recursive: true, force: true });
  copy(join(installed, 'onnxruntime-node'), join(folder, 'onnxruntime-node'), (path, directory) => {
    if (path.startsWith('bin')) return directory ? `${libraries}/`.startsWith(`${path}/`) : path.startsWith(libraries);
    return directory ? !sources.test(path) : isCode(path);
  });
  if (!existsSync(join(folder, 'onnxruntime-node', libraries))) {
    throw new Error(`onnxruntime-node has no library for ${target}`);
  }
  for (const name of plainPackages) {
    copy(join(installed, name), join(folder, name), (path, directory) =>
      directory ? !sources.test(path) : isCode(path),
    );
  }
  copy(
    lmdbBinary(target),
    join(folder, '@lmdb', `lmdb-${target}`),
    (path, directory) =>
      directory || isCode(path) || (path.endsWith('.node') && /napi/.test(path) && !/musl/.test(path)),
  );
}
