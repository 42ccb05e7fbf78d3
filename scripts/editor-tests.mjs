// Runs one of the suites in the real editor: `integration` (inside the extension host), `e2e` (the packaged extension, driven through
// a browser), `pictures` (screenshots for the README) or `typing` (a bench). Further words select tests by title. Where the system
// allows it, everything runs in a network namespace without access to the outside: what passes there works offline.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { makeSample } from './sample.mjs';
import { hostTarget, vsixPath } from './targets.mjs';

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist/test');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function node(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Bundles of the tests, next to the extension's own. They load mocha and Playwright from the installed packages. */
async function bundle() {
  rmSync(out, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha', 'playwright-core', 'onnxruntime-node', 'lmdb'],
    entryPoints: {
      e2e: 'test/e2e/main.ts',
      pictures: 'test/e2e/screenshots.ts',
      typing: 'bench/typing/inEditor.ts',
      integration: 'test/integration/run.ts',
      'integration-suites': 'test/integration/main.ts',
      networkWitness: 'test/e2e/driver/networkWitness.ts',
    },
    // scripts/code-server.mjs finds the editor relative to itself.
    define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
    outdir: out,
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

/** A command prefix that disables the network, or none where that is not allowed. */
function withoutNetwork() {
  const rights = process.geteuid?.() === 0 ? ['-n'] : ['-rn'];
  const script = 'ip link set lo up && exec "$0" "$@"';
  const prefix = ['unshare', ...rights, 'sh', '-c', script];
  const [command, ...args] = prefix;
  if (spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0) return prefix;
  process.stdout.write('This system allows no network namespace: the tests run with the network present.\n');
  return [];
}

const [kind, ...words] = process.argv.slice(2);
if (!['integration', 'e2e', 'pictures', 'typing'].includes(kind))
  fail('usage: editor-tests.mjs integration|e2e|pictures|typing [words]');
node(join(root, 'scripts/install-editor.mjs'), '--tests');
makeSample(join(root, '.cache/sample'));
await bundle();

const environment = { ...process.env, MEMMAMBA_SAMPLE: join(root, '.cache/sample') };
if (kind === 'integration') {
  environment.MEMMAMBA_TEST_WORDS = words.join('|');
  node(join(root, 'esbuild.js'), '--quiet');
} else {
  environment.MEMMAMBA_VSIX ??= join(root, vsixPath(hostTarget));
  if (process.env.MEMMAMBA_VSIX === undefined) node(join(root, 'scripts/package.mjs'));
  if (!existsSync(environment.MEMMAMBA_VSIX)) fail(`${environment.MEMMAMBA_VSIX} is not there`);
}
const [command, ...args] = [...withoutNetwork(), process.execPath, join(out, `${kind}.js`), ...words];
const { status } = spawnSync(command, args, { cwd: root, env: environment, stdio: 'inherit' });
process.exit(status ?? 1);
