import type { Workbench } from './workbench';

/**
 * After a test that failed, a picture is taken and the editor starts over, so that the next test finds it as the first one did. Each
 * test brings about by itself what it needs. Call it inside a suite.
 */
export function cleanUpAfterFailures(bench: () => Workbench | undefined): void {
  teardown(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await bench()?.screenshot(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-').slice(0, 60)}`);
    await bench()?.startOver();
  });
}
