// Installs the real editor of test/editor (code-server: VS Code's workbench and extension host, served to a browser) and, with
// --tests, the packages that drive it. Runs on Node 20 with builtins only. Without --tests nothing is installed when a desktop
// editor is on the PATH: `npm start` opens that one.
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { npm, oncePerLock } from './bootstrap.mjs';
import { desktopEditor } from './desktop-editor.mjs';
import { installPackages } from './system-packages.mjs';

const root = join(import.meta.dirname, '..');

/**
 * code-server without its postinstall, which requires an npm running under Node 24 and compiles seven addons that are not needed
 * here. Its inner packages are therefore installed separately, and the two links that the postinstall would create are created
 * here.
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

const tests = process.argv.includes('--tests');
if (tests || desktopEditor() === undefined) installEditor();
if (tests && !installPackages()) process.exit(1);
