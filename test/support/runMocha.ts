import { writeFileSync } from 'node:fs';
import type Mocha from 'mocha';

/** Counts that `npm test` adds up. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs the suites given to mocha and writes their counts as JSON. Resolves with them, even when tests fail. */
export function runMocha(mocha: Mocha, report: string | undefined): Promise<Counts> {
  return new Promise((resolve) => {
    const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
    mocha
      .run((failures) => {
        const result = { ...counts, failed: Math.max(counts.failed, failures) };
        if (report !== undefined) writeFileSync(report, JSON.stringify(result));
        resolve(result);
      })
      .on('pass', () => counts.passed++)
      .on('fail', () => counts.failed++)
      .on('pending', () => counts.skipped++);
  });
}
