import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The real code that the runner has copied from the installed packages. */
const sample = process.env['MEMMAMBA_SAMPLE'] ?? join('.cache', 'sample');

/** Copies parts of the sample into a folder under their own paths. */
export function copySample(folder: string, ...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(sample, path), join(folder, path), { recursive: true });
  }
}

/** The file of about 100,000 tokens used by most tests: LMDB's one source file. */
export const LONG_FILE = 'lmdb-c/mdb.c';

/** Real code in two languages, including the long file, and files that must not be read. */
export function realProject(folder: string): undefined {
  copySample(folder, LONG_FILE, 'lmdb-c/midl.c', 'commander/help.js', 'commander/error.js', 'minisearch/SearchableMap');
  writeFileSync(join(folder, '.env'), 'API_TOKEN=not-a-real-one\n');
  writeFileSync(join(folder, '.gitignore'), 'build/\n');
}
