// Bundles the current src/engine and loads it, so that a benchmark measures the sources and not an old build.
import { build } from 'esbuild';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function loadEngine() {
  const outfile = join(root, 'dist', `bench.${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, 'src/engine/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['onnxruntime-node'],
    define: { MEMMAMBA_VERSION: '"bench"' },
    logLevel: 'error',
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(outfile);
  }
}
