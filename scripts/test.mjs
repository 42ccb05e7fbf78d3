// `npm test`: the static checks, the build and every suite in order, ending with one line that counts them all: "N
// passed, N failed". A static check counts as one test; vitest counts its own. All steps run even after a failure, so
// that one run shows everything that is wrong.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const scratch = mkdtempSync(join(tmpdir(), 'memmamba-test-'));

/** The script of a package's command, run by this same Node so that no other one on the PATH is used. */
const bin = (pkg, path) => join(dirname(require.resolve(`${pkg}/package.json`)), path);

/** Runs a node script; output goes straight to the terminal. */
function node(script, ...args) {
  const result = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (result.error) process.stdout.write(`${result.error.message}\n`);
  return result.status === 0;
}

/** A step that passes or fails as a whole. */
const check = (name, script, ...args) => ({
  name,
  run: () => (node(script, ...args) ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }),
});

/** Vitest, counted by its JSON report. A crash without a report, or a report with no test, is one failure. */
const vitest = {
  name: 'unit, parity and protocol tests (vitest)',
  run: () => {
    const report = join(scratch, 'vitest.json');
    const ok = node(
      bin('vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    );
    try {
      const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(
        readFileSync(report, 'utf8'),
      );
      const failed = Math.max(numFailedTests, ok ? 0 : 1, numFailedTestSuites > 0 && numFailedTests === 0 ? 1 : 0);
      return {
        passed: numPassedTests,
        failed: numPassedTests === 0 ? Math.max(failed, 1) : failed,
        skipped: numPendingTests + numTodoTests,
      };
    } catch (error) {
      process.stdout.write(`vitest left no report: ${error.message}\n`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  },
};

/** Code that runs in a browser has its own project, with the DOM's types. */
const types = {
  name: 'types',
  run: () => {
    const projects = ['.', 'src/webview', 'test/e2e'].filter((folder) =>
      existsSync(join(root, folder, 'tsconfig.json')),
    );
    const failed = projects.filter((folder) => !node(bin('typescript', 'bin/tsc'), '--noEmit', '-p', folder)).length;
    return { passed: projects.length - failed, failed, skipped: 0 };
  },
};

/** A suite in the real editor, which writes its own counts. An exit without counts is one failure. */
const inEditor = (name, kind) => ({
  name,
  run: () => {
    const report = join(scratch, `${kind}.json`);
    process.env.MEMMAMBA_REPORT = report;
    const ok = node(join(root, 'scripts/editor-tests.mjs'), kind);
    try {
      const counts = JSON.parse(readFileSync(report, 'utf8'));
      return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 };
    } catch {
      process.stdout.write(`${name} left no report\n`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
  },
});

/** The package does not export its location. */
const importCircles = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';

const steps = [
  types,
  check('lint', bin('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0'),
  check('lint: import circles', join(root, importCircles), 'src', 'bench', 'test', 'scripts'),
  check('format', bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'),
  check('build', join(root, 'esbuild.js'), '--quiet'),
  vitest,
  inEditor('integration tests in the extension host', 'integration'),
  inEditor('end-to-end tests (e2e) of the packaged extension', 'e2e'),
];

const only = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run } of steps) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
  process.stdout.write(`\n=== ${name}\n`);
  const started = Date.now();
  const counts = run();
  for (const key of Object.keys(total)) total[key] += counts[key];
  const verdict = counts.failed === 0 ? 'ok' : 'FAILED';
  process.stdout.write(`=== ${name}: ${verdict} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}
rmSync(scratch, { recursive: true, force: true });

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
