import type { Workbench } from './workbench';

/** For suites whose tests build on each other: after a failure a picture is taken and the rest is left out. Call it inside a suite. */
export function stepByStep(bench: () => Workbench | undefined): void {
  let failed = false;
  setup(function () {
    if (failed) this.skip();
  });
  teardown(async function () {
    if (this.currentTest?.state !== 'failed') return;
    failed = true;
    await bench()?.picture(`failed-${this.currentTest.title.replaceAll(/\W+/g, '-').slice(0, 60)}`);
  });
}
