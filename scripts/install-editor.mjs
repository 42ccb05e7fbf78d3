// Installs the real editor of test/editor (code-server: VS Code's workbench and extension host, served to a browser) and, with
// --tests, Debian's Chromium to drive it. Runs on Node 20 with builtins only. Without --tests nothing is installed when a
// desktop editor is on the PATH: `npm start` opens that one.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { npm, oncePerLock } from './bootstrap.mjs';
import { desktopEditor } from './desktop-editor.mjs';

const root = join(import.meta.dirname, '..');

/**
 * code-server without its postinstall, which insists on an npm running under Node 24 and compiles seven addons that nothing here
 * needs. Its inner packages are therefore installed by hand, and the two links that the postinstall would make are made here.
 */
function installEditor() {
  const folder = join(root, 'test/editor');
  oncePerLock(folder, () => {
    npm(folder, 'ci', '--ignore-scripts');
    const inner = join(folder, 'node_modules/code-server/lib/vscode');
    // `npm ci` refuses the shrinkwrap inside (it disagrees with its own overrides).
    npm(inner, 'install', '--omit=dev', '--ignore-scripts');
    npm(join(inner, 'extensions'), 'install', '--omit=dev', '--ignore-scripts');
    const system = process.platform === 'darwin' ? 'darwin' : 'linux';
    link(`code-${system}.sh`, join(inner, 'bin/remote-cli/code-server'));
    link(`browser-${system}.sh`, join(inner, 'bin/helpers/browser.sh'));
  });
}

function link(target, path) {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/** Debian's own browser package; root may install it, others are told how. */
function installBrowser() {
  if (process.env.CHROMIUM || existsSync('/usr/bin/chromium')) return;
  const commands = [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core', 'libvulkan1', 'strace'],
  ];
  for (const [command, ...args] of commands) {
    process.stderr.write(`> ${command} ${args.join(' ')}\n`);
    const result = spawnSync(command, args, { stdio: ['ignore', 'ignore', 2] });
    if (result.status === 0) continue;
    process.stderr.write(
      'The tests in the real editor need Chromium. Install the packages chromium and fonts-dejavu-core, ' +
        'or name a Chromium in the variable CHROMIUM, and run this again.\n',
    );
    process.exit(1);
  }
}

const tests = process.argv.includes('--tests');
if (tests || desktopEditor() === undefined) installEditor();
if (tests) installBrowser();
