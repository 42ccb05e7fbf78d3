// Installs the Debian packages that the tests need, if missing: Chromium, its fonts, the loader for Chromium's software Vulkan
// driver (WebGPU is tested on it), and strace (which sockets are opened). Runs before any test, on Node 20 with builtins only, so
// that a fresh machine tests everything the first time. On other systems, or without the rights, it reports what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Debian's name for the folder of this machine's libraries. */
const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** Package, and a file that exists when it is installed. */
const packages = {
  chromium: '/usr/bin/chromium',
  'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  libvulkan1: `/usr/lib/${machine}/libvulkan.so.1`,
  strace: '/usr/bin/strace',
};

/** The packages that are not installed. A browser named in CHROMIUM replaces Debian's. */
export const missingPackages = () =>
  Object.entries(packages)
    .filter(([name, file]) => !existsSync(file) && !(name === 'chromium' && process.env.CHROMIUM))
    .map(([name]) => name);

/** Whether everything is installed now. */
export function installPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return true;
  const commands = [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', '--no-install-recommends', ...missing],
  ];
  const isInstalled = commands.every(([command, ...args]) => {
    process.stderr.write(`> ${command} ${args.join(' ')}\n`);
    return spawnSync(command, args, { stdio: ['ignore', 'ignore', 2] }).status === 0;
  });
  if (!isInstalled) {
    process.stderr.write(
      `Some tests need the Debian packages ${missing.join(', ')}, or a Chromium that the variable CHROMIUM names. ` +
        'Install them and run this again.\n',
    );
  }
  return isInstalled;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) installPackages();
