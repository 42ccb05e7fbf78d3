// Installs the dependencies when the lock file has changed. Runs before the other scripts, on any Node >= 20, with builtins
// only: nothing is installed at that point, not even the Node 24 that the other scripts run on. Prints to stderr, so that a
// command's own output (for example `npm run -s cli -- memory FILE --json`) stays clean.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The environment without the variables of the surrounding npm, which a nested npm would take for its own settings. */
export function cleanEnvironment() {
  const inherited =
    /^npm_(config_(?!(userconfig|globalconfig|cache|registry)$)|package_|lifecycle_|command|execpath|node_execpath)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}

/** Runs npm in a folder and exits when npm fails. */
export function npm(folder, ...args) {
  process.stderr.write(`> npm ${args.join(' ')}   (${folder.slice(root.length + 1) || '.'})\n`);
  const result = spawnSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    // An npm too old for allowScripts would run onnxruntime's install script: keep it from fetching CUDA libraries.
    env: { ...cleanEnvironment(), ONNXRUNTIME_NODE_INSTALL: 'skip' },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.error) process.stderr.write(`npm could not be started: ${result.error.message}\n`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** Does the work unless the stamp shows that it was done for this lock file. */
export function oncePerLock(folder, work) {
  const stamp = join(folder, 'node_modules/.ready');
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  rmSync(stamp, { force: true });
  work();
  writeFileSync(stamp, hash);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) oncePerLock(root, () => npm(root, 'ci'));
