import type { Workbench } from './workbench';

/**
 * After a failed test, takes a screenshot and restarts the editor, so that the next test starts like the first one. Each test sets
 * up what it needs. Call it inside a suite.
 */
export function cleanUpAfterFailures(bench: () => Workbench | undefined): void {
  teardown(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await bench()?.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-').slice(0, 60)}`);
    await bench()?.startOver();
  });
}
