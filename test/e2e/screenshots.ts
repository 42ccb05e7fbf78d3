// Draws the icon from its source, and takes the README's screenshots in the real editor: small windows, so that text is legible
// and files stay small.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser } from './driver/browser';
import { ChatView } from './driver/chat';
import { changeTheme, foldView, frameWith, openMemoryPanel, widenSideBar } from './driver/memoryPanel';
import { Session } from './driver/session';
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

/** The project in the screenshots: source of two small libraries. */
function project(workspace: string): undefined {
  const files = ['argument.js', 'error.js', 'help.js', 'option.js', 'suggestSimilar.js'];
  copySample(workspace, 'minisearch/SearchableMap', ...files.map((name) => `commander/${name}`));
}

/** Only the code and this extension's output, even where the model is unsure. */
const settings = {
  'editor.minimap.enabled': false,
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'javascript.validate.enable': false,
  'memmamba.completion.minimumConfidence': 0,
  'memmamba.reading.cpuShare': 100,
};

async function editor(): Promise<void> {
  const session = await Session.open({
    vsix: vsix(),
    workspace: project,
    settings,
  });
  const { page } = session;
  const bench = new Workbench(page);
  const screenshot = (name: string): Promise<unknown> => page.screenshot({ path: join(folder, `${name}.png`) });
  try {
    await page.setViewportSize({ width: 1000, height: 620 });
    await bench.ready();
    await bench.open('commander/help.js');
    await bench.openView();
    await bench.untilStatus(/reading \d+ %/, 120_000);
    await bench.treeRow('commander').click();
    await bench.treeRow('help.js').waitFor();
    await screenshot('reading');

    await bench.untilStatus(/All files have been read/, 200_000);
    const view = bench.webview();
    await view.locator('#scope').selectOption('workspace');
    await view.locator('#question').fill('Where is the edit distance of two words computed?');
    await view.locator('#question').press('Enter');
    await view.locator('article[data-state="found"]').last().waitFor({ timeout: 120_000 });
    await view.locator('article[data-state="found"] button.citation').first().click();
    await page.waitForTimeout(1000);
    await screenshot('answer');

    await bench.open('commander/help.js');
    const lines = readFileSync(join(session.opened, 'commander', 'help.js'), 'utf8').split('\n');
    const line = lines.findIndex((text) => /^ {2}longestOptionTermLength\(/.test(text)) + 1;
    await bench.typeUntilOffered(line, ['    return helper', '    return ', '    const terms = helper']);
    await screenshot('completion');
  } catch (error) {
    await bench.screenshot('failed-picture');
    throw error;
  } finally {
    await session.close();
  }
}

/**
 * The memory of one real file: the panel in three themes, the tokens in the editor, and what a completion attended to.
 */
async function memory(): Promise<void> {
  const session = await Session.open({
    vsix: vsix(),
    workspace: (workspace) => {
      copySample(workspace, 'commander/option.js', 'commander/help.js');
      return undefined;
    },
    settings,
  });
  const { page } = session;
  const bench = new Workbench(page);
  const screenshot = async (name: string): Promise<void> => {
    // A position where the pointer triggers nothing.
    await page.mouse.move(312, 690);
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(folder, `memory-${name}.png`) });
  };
  try {
    await page.setViewportSize({ width: 900, height: 700 });
    await bench.ready();
    await bench.open('commander/help.js');
    await bench.untilStatus(/This file: fully read/, 200_000);
    let panel = await openMemoryPanel(bench);
    await foldView(bench, 'Ask');
    await foldView(bench, 'Files');
    await widenSideBar(bench, 430);
    await panel.locator('#order').selectOption('score');
    await panel.locator('#layer').selectOption('2');
    for (const theme of ['dark', 'contrast', 'light'] as const) {
      await changeTheme(bench, panel, theme);
      await screenshot(theme);
    }
    await panel.locator('.rows .row').nth(2).click();
    await bench.untilEditorFocused();
    await bench.command('MemMamba: Toggle Highlighting of Retained Tokens');
    await screenshot('highlight');
    await bench.command('MemMamba: Toggle Highlighting of Retained Tokens');

    const lines = readFileSync(join(session.opened, 'commander', 'help.js'), 'utf8').split('\n');
    const line = lines.findIndex((text) => /^ {2}longestOptionTermLength\(/.test(text)) + 1;
    await bench.typeUntilOffered(line, ['    return helper', '    return ', '    const terms = helper']);
    await bench.command('MemMamba: Show What the Last Completion Attended To');
    panel = await frameWith(bench, 'table.reads');
    await panel.locator('#facts summary').click();
    await panel.locator('.rows .row').first().click();
    await screenshot('recalled');
  } catch (error) {
    await bench.screenshot('failed-picture');
    throw error;
  } finally {
    await session.close();
  }
}

/** The editor's own chat, without an account. */
async function chat(): Promise<void> {
  const session = await Session.open({ vsix: vsix(), workspace: project, settings });
  const { page } = session;
  const bench = new Workbench(page);
  try {
    await page.setViewportSize({ width: 1000, height: 620 });
    await bench.ready();
    await bench.open('commander/option.js');
    await bench.untilStatus(/All files have been read/, 200_000);
    await bench.command('View: Toggle Primary Side Bar Visibility');
    const view = new ChatView(bench);
    await view.open();
    await view.widen(440);
    const answer = await view.ask('@memmamba Where is the edit distance of two words computed?');
    await answer.locator('a[data-href]').first().click();
    await bench.tab('suggestSimilar.js').waitFor();
    await page.mouse.move(300, 610);
    await page.waitForTimeout(1000);
    await page.screenshot({ path: join(folder, 'chat.png') });
  } catch (error) {
    await bench.screenshot('failed-picture');
    throw error;
  } finally {
    await session.close();
  }
}

/** Words on the command line select among them; default: all. */
const parts = { icon, editor, chat, memory };

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const words = process.argv.slice(2);
  for (const [name, make] of Object.entries(parts)) if (words.length === 0 || words.includes(name)) await make();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
