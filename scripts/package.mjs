// `npm run package [-- target ...]`: the extension as one file per platform, working offline: the bundles, that platform's native
// packages, the model, and the third-party notices. Default: this machine; `all` means every target.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stageNatives } from './natives.mjs';
import { entries, notices, noticesFile } from './notices.mjs';
import { hostTarget, targets, vsixPath } from './targets.mjs';

const root = join(import.meta.dirname, '..');
const natives = join(root, 'dist/node_modules');
const require = createRequire(import.meta.url);
const { listFiles, PackageManager } = require('@vscode/vsce');

/** Size limit of the packaged extension on linux-x64: it is installed over slow connections, too. */
const limitMegabytes = 60;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function node(script, ...args) {
  const result = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) fail(`${script} failed; nothing was packaged`);
}

/** Every file in a model's manifest must exist with its listed size, and be packaged; the engine checks the hashes at start. */
async function checkModel() {
  const packaged = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const models = join(root, 'models');
  const shipped = readdirSync(models).filter((name) => existsSync(join(models, name, 'manifest.json')));
  if (shipped.length === 0) fail('models/ holds no model (no folder with a manifest.json); nothing was packaged');
  for (const name of shipped) {
    const { files } = JSON.parse(readFileSync(join(models, name, 'manifest.json'), 'utf8'));
    for (const [file, { bytes }] of Object.entries(files)) {
      const path = join(models, name, file);
      const size = existsSync(path) ? statSync(path).size : undefined;
      if (size !== bytes) fail(`models/${name}/${file} has ${size ?? 'no'} bytes, its manifest says ${bytes}`);
      if (!packaged.includes(`models/${name}/${file}`)) fail(`.vscodeignore leaves out models/${name}/${file}`);
    }
  }
}

const asked = process.argv.slice(2);
const wanted = asked.length === 0 ? [hostTarget] : asked.includes('all') ? targets : asked;
const unknown = wanted.filter((target) => !targets.includes(target));
if (unknown.length > 0) fail(`no such target: ${unknown.join(', ')}. There are: ${targets.join(', ')}`);

await checkModel();
node(join(root, 'esbuild.js'), '--production', '--quiet');
writeFileSync(join(root, noticesFile), notices(await entries()));
const vsce = join(dirname(require.resolve('@vscode/vsce/package.json')), 'vsce');
try {
  for (const target of wanted) {
    stageNatives(target, natives);
    rmSync(join(root, vsixPath(target)), { force: true });
    node(
      vsce,
      'package',
      '--target',
      target,
      '--no-dependencies',
      // The extension's page is for users; README.md is for developers.
      '--readme-path',
      'docs/extension.md',
      '--out',
      vsixPath(target),
    );
    const megabytes = statSync(join(root, vsixPath(target))).size / 1e6;
    process.stdout.write(`${vsixPath(target)}: ${megabytes.toFixed(1)} MB\n`);
    if (target === 'linux-x64' && megabytes > limitMegabytes) fail(`that is more than ${limitMegabytes} MB`);
  }
} finally {
  // Otherwise `npm run cli` would find another platform's files before the installed packages.
  rmSync(natives, { recursive: true, force: true });
}
