// Draws the icon from its source, and takes the pictures of the README in the real editor: small windows, so that text is legible
// and files stay small.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session, launchBrowser } from './driver/session';
import { Workbench } from './driver/workbench';
import { vsix } from './vsix';
import { copySample } from './workspaces';

const folder = join('media', 'pictures');

async function icon(): Promise<void> {
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
  await page.setContent(`<style>*{margin:0}</style>${readFileSync(join('media', 'icon.svg'), 'utf8')}`);
  await page.screenshot({ path: join('media', 'icon.png'), omitBackground: true });
  await browser.close();
}

/** What the pictures show: source of two small libraries. */
function project(workspace: string): undefined {
  const files = ['argument.js', 'error.js', 'help.js', 'option.js', 'suggestSimilar.js'];
  copySample(workspace, 'minisearch/SearchableMap', ...files.map((name) => `commander/${name}`));
}

async function editor(): Promise<void> {
  const session = await Session.open({
    vsix: vsix(),
    workspace: project,
    settings: {
      'editor.minimap.enabled': false,
      'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
      'editor.suggestOnTriggerCharacters': false,
      'javascript.validate.enable': false,
      'memmamba.completion.minimumConfidence': 0,
      'memmamba.reading.cpuShare': 100,
    },
  });
  const { page } = session;
  const bench = new Workbench(page);
  const picture = (name: string): Promise<unknown> => page.screenshot({ path: join(folder, `${name}.png`) });
  try {
    await page.setViewportSize({ width: 1000, height: 620 });
    await bench.ready();
    await bench.open('commander/help.js');
    await bench.openView();
    await bench.untilStatus(/reading \d+ %/, 120_000);
    await bench.treeRow('commander').click();
    await bench.treeRow('help.js').waitFor();
    await picture('reading');

    await bench.untilStatus(/Everything is read/, 200_000);
    const view = bench.webview();
    await view.locator('#scope').selectOption('workspace');
    await view.locator('#question').fill('Where is the edit distance of two words computed?');
    await view.locator('#question').press('Enter');
    await view.locator('article[data-state="found"]').last().waitFor({ timeout: 120_000 });
    await view.locator('article[data-state="found"] button.citation').first().click();
    await page.waitForTimeout(1000);
    await picture('answer');

    await bench.open('commander/help.js');
    const lines = readFileSync(join(session.opened, 'commander', 'help.js'), 'utf8').split('\n');
    const line = lines.findIndex((text) => /^ {2}longestOptionTermLength\(/.test(text)) + 1;
    await bench.typeUntilOffered(line, ['    return helper', '    return ', '    const terms = helper']);
    await picture('completion');
  } catch (error) {
    await bench.picture('failed-picture');
    throw error;
  } finally {
    await session.close();
  }
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await icon();
  await editor();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
