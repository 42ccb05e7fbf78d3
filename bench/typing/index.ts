import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../serverProcess';
import { mean } from '../statistics';
import type { TypingDelays } from './delays';

/**
 * How long a typed letter takes to appear in the real editor, while a file of 100,000 tokens is read and while the server is idle: with
 * the packaged extension and its model. Editor, browser and server share the machine's cores, so only the two compared with each other
 * are meaningful.
 */
export function typing(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const report = join(folder, 'typing.json');
  try {
    const { status } = spawnSync(process.execPath, [join(root, 'scripts/editor-tests.mjs'), 'typing'], {
      cwd: root,
      env: { ...process.env, MEMMAMBA_REPORT: report },
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error('the editor did not come so far');
    const measured = JSON.parse(readFileSync(report, 'utf8')) as Record<'reading' | 'resting', TypingDelays[]>;
    for (const [name, rounds] of Object.entries(measured)) {
      const of = (key: keyof TypingDelays): string => mean(rounds.map((round) => round[key])).toFixed(0);
      console.log(`${name}: a letter is seen after ${of('p50')} ms (p50), ${of('p95')} ms (p95)`);
    }
    return Promise.resolve({ cpus: cpus().length, loadAverage: loadavg()[0], ...measured });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
