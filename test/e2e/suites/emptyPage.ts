import type { Page } from 'playwright-core';
import { cleanUpAfterFailures } from '../driver/cleanUp';
import { frameWith, openMemoryPanel } from '../driver/memoryPanel';
import { Session } from '../driver/session';
import { Workbench } from '../driver/workbench';
import { vsix } from '../vsix';
import { copySample } from '../workspaces';

function project(folder: string): undefined {
  copySample(folder, 'commander/error.js');
}

/** Delays the second webview: until the service worker of the first one takes over, as can happen on a busy machine. */
async function delaySecondWebview(page: Page): Promise<void> {
  let webviews = 0;
  await page.route('**/webview/browser/pre/index.html*', async (route) => {
    const isSecond = ++webviews === 2;
    const response = await route.fetch();
    if (isSecond) await new Promise((resolve) => setTimeout(resolve, 3000));
    await route.fulfill({ response });
  });
}

/** Editors in a browser lose such a page permanently; it has to be reloaded. */
export function emptyPage(): void {
  suite('two views opened at once', () => {
    let session: Session;
    let bench: Workbench;

    suiteSetup(async () => {
      session = await Session.open({
        vsix: vsix(),
        workspace: project,
        prepare: delaySecondWebview,
      });
      bench = new Workbench(session.page);
      await bench.ready();
    });
    suiteTeardown(() => session.close());
    cleanUpAfterFailures(() => bench);

    test('a page that the editor leaves empty is loaded again', async () => {
      await bench.open('commander/error.js');
      const panel = await openMemoryPanel(bench);
      await panel.locator('h1', { hasText: 'commander/error.js' }).waitFor();
      await (await frameWith(bench, '#form')).locator('#form').waitFor();
    });
  });
}
