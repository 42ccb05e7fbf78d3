// Makes the five bundles: extension (inside the editor), server (the process that runs the model), memory (the memory panel), ask
// (the view with questions and answers) and cli. `--only NAME` makes one of them, `--quiet` prints problems only, `--production` minifies.
const { cpSync, existsSync, mkdirSync, readdirSync } = require('node:fs');
const { dirname, join } = require('node:path');
const esbuild = require('esbuild');

const argument = (name) => process.argv.includes(name);
const only = argument('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;

// Native packages cannot be bundled: they are staged beside the bundles when the extension is packaged.
const node = {
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['vscode', 'onnxruntime-node', 'lmdb'],
  // lmdb is loaded through its CommonJS build; ESM-only dependencies are bundled from their `module` field.
  mainFields: ['module', 'main'],
};
const browser = { platform: 'browser', format: 'iife', target: 'es2023' };
const { version } = require('./package.json');

const common = {
  absWorkingDir: __dirname,
  bundle: true,
  define: { MEMMAMBA_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

const bundles = {
  extension: { ...node, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js' },
  server: { ...node, entryPoints: ['src/server/main.ts'], outfile: 'dist/server.js' },
  memory: { ...browser, entryPoints: ['src/webview/memory/main.ts'], outfile: 'dist/memory.js' },
  ask: { ...browser, entryPoints: ['src/webview/ask/main.ts'], outfile: 'dist/ask.js' },
  bench: {
    ...node,
    entryPoints: ['bench/main.ts'],
    outfile: 'dist/bench.js',
    // Development tools that are always installed where benches run: one of 9 MB, and one that looks for files beside itself.
    external: [...node.external, 'typescript', 'playwright-core'],
  },
  cli: {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  },
};

/** Grammars that the server does not use: it has no kinds for them (src/server/grammar/languages.ts). */
const unusedGrammars = ['css', 'ini', 'powershell', 'regex'];

/** Puts the parser and its grammars beside the bundles: they are data to the bundler. */
function copyGrammars() {
  const from = join(dirname(require.resolve('@vscode/tree-sitter-wasm/package.json')), 'wasm');
  const to = join(__dirname, 'dist/tree-sitter');
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) {
    const unused = unusedGrammars.some((name) => file === `tree-sitter-${name}.wasm`);
    if (file.endsWith('.wasm') && !unused) cpSync(join(from, file), join(to, file));
  }
}

async function main() {
  if (only !== undefined && bundles[only] === undefined) throw new Error(`no bundle is called ${only}`);
  const wanted = Object.entries(bundles).filter(
    ([name, options]) => (only === undefined || name === only) && existsSync(join(__dirname, options.entryPoints[0])),
  );
  await Promise.all(
    wanted.map(([, options]) =>
      esbuild.build({
        ...common,
        sourcemap: !argument('--production'),
        minify: argument('--production'),
        ...options,
      }),
    ),
  );
  copyGrammars();
  if (!argument('--quiet')) for (const [, options] of wanted) console.log(`built ${options.outfile}`);
}

let inputs;

/** What the bundles of the packaged extension are made of, from esbuild's metafiles; nothing is written. */
function bundledInputs() {
  inputs ??= (async () => {
    const packaged = Object.entries(bundles).filter(([name]) => name !== 'bench');
    const results = await Promise.all(
      packaged.map(([, options]) => esbuild.build({ ...common, write: false, metafile: true, ...options })),
    );
    return new Map(packaged.map(([name], index) => [name, Object.keys(results[index].metafile.inputs)]));
  })();
  return inputs;
}

module.exports = { bundledInputs, unusedGrammars };

if (require.main === module) {
  main().catch((error) => {
    if (!Array.isArray(error.errors)) console.error(error);
    process.exitCode = 1;
  });
}
