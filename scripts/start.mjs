// The second half of `npm start`: opens the packaged extension in a real editor on the sample workspace. The desktop editor when
// `code` is on the PATH, in its own profile; otherwise the editor of test/editor at a printed address.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installExtension, makeProfile, quietSettings, startEditor } from './code-server.mjs';
import { desktopEditor } from './desktop-editor.mjs';
import { makeSample } from './sample.mjs';
import { hostTarget, vsixPath } from './targets.mjs';

const root = join(import.meta.dirname, '..');
const vsix = join(root, vsixPath(hostTarget));
const workspace = process.argv[2] ?? makeSample(join(root, '.cache/sample'));
const preferredPort = Number(process.env.PORT ?? 8123);

function openDesktop(code) {
  const home = makeProfile(join(root, '.cache/editor/desktop'), quietSettings);
  const profile = ['--user-data-dir', join(home, 'user'), '--extensions-dir', join(home, 'extensions')];
  // The desktop editor refuses to run as root with its sandbox.
  if (process.geteuid?.() === 0) profile.push('--no-sandbox');
  for (const step of [
    ['--install-extension', vsix, '--force'],
    ['--new-window', workspace],
  ]) {
    const result = spawnSync(code, [...profile, ...step], { stdio: 'inherit', shell: process.platform === 'win32' });
    if (result.status !== 0) {
      process.stderr.write(`${code} ${step[0]} failed\n`);
      process.exit(1);
    }
  }
  process.stdout.write(`\nMemMamba is open in ${code}, in a profile of its own, on ${workspace}\n`);
}

async function openServed() {
  const home = makeProfile(join(root, '.cache/editor/served'), quietSettings);
  installExtension(home, vsix);
  const editor = await startEditor(home, { port: preferredPort });
  process.stdout.write(`\nReady: open ${editor.url}/?folder=${encodeURI(workspace)} in a browser. Ctrl+C stops it.\n`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void editor.stop());
  await editor.ended;
}

const code = desktopEditor();
if (code === undefined) await openServed();
else openDesktop(code);
