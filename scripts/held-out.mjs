// `npm run held-out`: fetches the packages that no training file comes from, for the benches that need long real documents. They are
// pinned with version and checksum in bench/held-out.json, come from npm's configured registry, and are cleaned like the training
// corpus. Each becomes .cache/held-out/NAME@VERSION.json: {package, license, split, files: [{path, text}]}, definitions before uses.
// Nothing in a package is run. Existing packages are not fetched again.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment } from './bootstrap.mjs';
import { cleanPackage } from './held-out-clean.mjs';
import { inDependencyOrder } from './held-out-order.mjs';
import { readTarball } from './tarball.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.cache/held-out');

/** The published tarball of one package, checked against its pinned checksum. */
function fetchTarball({ name, version, integrity }, scratch) {
  const result = spawnSync(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--loglevel=error', '--pack-destination', scratch, `${name}@${version}`],
    { cwd: scratch, env: cleanEnvironment(), encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (result.error) throw new Error(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`npm could not fetch ${name}@${version}: ${result.stderr.trim()}`);
  const data = readFileSync(join(scratch, Object.values(JSON.parse(result.stdout))[0].filename));
  const [algorithm, wanted] = [integrity.slice(0, 6), integrity.slice(7)];
  if (createHash(algorithm).update(data).digest('base64') !== wanted) {
    throw new Error(`${name}@${version} is not the package that was pinned: its checksum differs`);
  }
  return data;
}

mkdirSync(folder, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'memmamba-held-out-'));
try {
  let bytes = 0;
  const wanted = JSON.parse(readFileSync(join(root, 'bench/held-out.json'), 'utf8'));
  for (const entry of wanted) {
    const { name, version, license, split } = entry;
    const target = join(folder, `${name.replaceAll('/', '__')}@${version}.json`);
    if (!existsSync(target)) {
      const files = inDependencyOrder(cleanPackage(readTarball(fetchTarball(entry, scratch))));
      const record = { package: `npm:${name}@${version}`, license, split, files };
      // Moved into place when complete: an interrupted run leaves no partial package.
      writeFileSync(`${target}.tmp`, JSON.stringify(record));
      renameSync(`${target}.tmp`, target);
      const size = files.reduce((sum, file) => sum + file.text.length, 0);
      console.log(`${name}@${version}: ${files.length} files, ${Math.round(size / 1000)} kB`);
    }
    bytes += readFileSync(target).length;
  }
  console.log(`${wanted.length} packages, ${(bytes / 1e6).toFixed(1)} MB in .cache/held-out`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
