import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };

export default defineConfig({
  define: { MEMMAMBA_VERSION: JSON.stringify(version) },
  test: {
    include: ['test/{unit,parity,protocol}/**/*.test.ts'],
    // Native modules (onnxruntime, lmdb) do not like to be loaded in worker threads: one process per test file.
    pool: 'forks',
    maxWorkers: 2,
    // A test that hangs is told late rather than one that is slow on a loaded machine for nothing (test/support/patience.ts).
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
