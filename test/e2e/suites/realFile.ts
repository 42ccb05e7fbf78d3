import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUpAfterFailures } from '../driver/cleanUp';
import { descendants, isMemMambaServer } from '../driver/processes';
import { openMemoryPanel } from '../driver/memoryPanel';
import { Session } from '../driver/session';
import { Workbench } from '../driver/workbench';
import { PATIENCE } from '../../support/patience';
import { vsix } from '../vsix';
import { LONG_FILE, realProject } from '../workspaces';

const number = (text: string | undefined): number => Number(text?.replaceAll(',', ''));

/** Waits until so much of the long file, which is in front, has been read, while it is being read. @returns per cent */
async function percentRead(bench: Workbench, atLeast = 1): Promise<number> {
  for (;;) {
    const text = await bench.untilStatus(/This file: reading [1-9]/);
    const percent = number(/This file: reading (\d+) %/.exec(text)?.[1]);
    if (percent >= atLeast) return percent;
    await bench.page.waitForTimeout(200);
  }
}

/** Reading 100,000 tokens on two busy cores takes many minutes. */
const READING = 4 * PATIENCE;

const TYPED = 'const answer = readWholeFile(path).then((text) => text.length);';

/** One session on a real project, in the order in which a user would proceed. */
export function realFile(): void {
  suite('a real project with a file of 100,000 tokens', () => {
    let session: Session;
    let bench: Workbench;
    let lines: string[];

    const server = (): number | undefined => descendants(session.editor.pid).find(isMemMambaServer)?.pid;

    suiteSetup(async () => {
      session = await Session.open({
        vsix: vsix(),
        workspace: realProject,
        // Offers are shown even if the model is unsure: these tests are about the path from the server to the screen.
        // The editor's own word list would take the Tab key.
        settings: {
          'memmamba.completion.minimumConfidence': 0,
          'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
        },
      });
      lines = readFileSync(join(session.opened, LONG_FILE), 'utf8').split('\n');
      bench = new Workbench(session.page);
      await bench.ready();
    });
    suiteTeardown(() => session.close());
    cleanUpAfterFailures(() => bench);

    /** The long file is active and not fully read. Reads it again if it has been. */
    const whileReading = async (): Promise<void> => {
      await bench.open(LONG_FILE);
      const text = await bench.untilStatus(/reading mdb\.c|This file: fully read/);
      if (text.includes('fully read')) await bench.command('MemMamba: Read Again');
      await bench.untilStatus(/reading \d+ %.*mdb\.c/s);
    };

    let patience = READING;
    /** The long file is active and fully read. @returns the text of the status item */
    const whenRead = async (): Promise<string> => {
      await bench.open(LONG_FILE);
      const limit = patience;
      // After one timeout, later waits are shorter.
      patience = PATIENCE;
      const text = await bench.untilStatus(/This file: fully read, \d{2,3},\d{3} tokens/, limit);
      patience = READING;
      return text;
    };

    test('the status item tells how far reading is', async () => {
      await whileReading();
      assert.match(await bench.status(), /MemMamba/);
      await bench.screenshot('status-reading');
    });

    test('the server is killed in the middle of reading: the editor stays, the server returns, reading goes on', async () => {
      await whileReading();
      const first = server();
      assert.ok(first !== undefined, 'there is no server process');
      const reached = await percentRead(bench, 20);
      process.kill(first, 'SIGKILL');
      await bench.untilStatus(/restarting/);
      await bench.screenshot('server-restarting');
      // The editor is responsive: it accepts keys.
      await bench.goTo(120, 1);
      assert.equal(await bench.line(), 120);
      const after = await percentRead(bench);
      assert.notEqual(server(), first);
      assert.ok(after >= reached * 0.8, `reading began anew: ${reached} % before, ${after} % after`);
    });

    test('typing and reading do not wait for each other', async () => {
      await whileReading();
      const before = await percentRead(bench);
      await bench.open('help.js');
      await bench.goTo(1, 1);
      await bench.page.keyboard.type(TYPED, { delay: 30 });
      for (let shown = ''; !shown.startsWith(TYPED); shown = await bench.shownLine())
        await bench.page.waitForTimeout(50);
      assert.match(await bench.status(), /reading (mdb|help)/, 'reading was over before the typing was');
      await bench.command('File: Revert File');
      await bench.open(LONG_FILE);
      await percentRead(bench, before + 1);
    });

    test('the whole file is read', async () => {
      const text = await whenRead();
      await bench.screenshot('status-fresh');
      assert.ok(number(/fully read, ([\d,]+)/.exec(text)?.[1]) > 80_000, text);
    }).timeout(2 * READING);

    test('a question is answered with a place, and a click goes to its line', async () => {
      const wanted = lines.findIndex((text) => text.startsWith('#define DEFAULT_MAPSIZE')) + 1;
      assert.ok(wanted > 0);
      await whenRead();
      await bench.openView();
      const view = bench.webview();
      await view.locator('#question').fill('What is the value of DEFAULT_MAPSIZE?');
      await view.locator('#question').press('Enter');
      await view.locator('article[data-state="found"]').last().waitFor({ timeout: PATIENCE });
      await bench.screenshot('answer');
      const citation = view.locator('article[data-state="found"] button.citation').first();
      assert.equal(await citation.innerText(), `${LONG_FILE}:${wanted}`);
      await bench.goTo(1, 1);
      await citation.click();
      await bench.statusBar(`Ln ${wanted}, Col`).waitFor();
      assert.match(await bench.shownLine(), /^#define DEFAULT_MAPSIZE/);
      await bench.screenshot('answer-followed');
    }).timeout(2 * READING);

    test('a question about something that is nowhere is answered so', async () => {
      await whenRead();
      await bench.openView();
      const view = bench.webview();
      await view.locator('#question').fill('Who painted the zebra crossing of Xylophonia?');
      await view.locator('#question').press('Enter');
      await view.locator('article[data-state="not-found"]').last().waitFor({ timeout: PATIENCE });
      assert.match(await view.locator('article[data-state="not-found"]').last().innerText(), /Not found in memory/);
    }).timeout(2 * READING);

    test('the tree tells what is read, and what is not and why', async () => {
      await whenRead();
      await bench.openView();
      if ((await bench.treeRow('mdb.c').count()) === 0) await bench.treeRow('lmdb-c').click();
      await bench.treeRow('mdb.c').waitFor();
      await bench.screenshot('tree');
      assert.match(await bench.treeRow('mdb.c').innerText(), /fully read, [\d,]+ tokens/);
      assert.match(await bench.treeRow('.env').innerText(), /skipped: /);
    }).timeout(2 * READING);

    test('ghost text is accepted with Tab', async () => {
      const line = lines.findIndex((text) => text.startsWith('mdb_env_copy(')) + 1;
      assert.ok(line > 0);
      await whenRead();
      const typed = await bench.typeUntilOffered(line - 2, ['static int ', 'int mdb_env', 'typedef struct ']);
      const offered = await bench.shownLine();
      await bench.screenshot('ghost-text');
      assert.ok(offered.startsWith(typed) && offered.length > typed.length, offered);
      await bench.page.keyboard.press('Tab');
      // The cursor is after the accepted text; there may be a new offer by now.
      await bench.statusBar(`Col ${offered.length + 1}`).waitFor();
      await bench.screenshot('ghost-text-accepted');
      assert.ok((await bench.shownLine()).startsWith(offered));
      await bench.command('File: Revert File');
    }).timeout(2 * READING);

    test('memory of the whole long file is shown at once, and a click on a note goes to its line', async () => {
      await whenRead();
      const panel = await openMemoryPanel(bench);
      await panel.locator('#order').selectOption('age');
      const row = panel.locator('.rows .row').nth(3);
      await row.waitFor();
      const [tokens] = /[\d,]+/.exec(await panel.locator('#note').innerText())!;
      assert.ok(number(tokens) > 80_000, tokens);
      const line = number(await row.locator('span').nth(1).innerText());
      const text = await row.locator('span').first().innerText();
      await row.click();
      await bench.statusBar(`Ln ${line}, Col`).waitFor();
      const shown = await bench.shownLine();
      assert.ok(shown.includes(text.replaceAll(/[·⏎⇥]/g, '').trim()), `"${text}" in "${shown}"`);
      await bench.screenshot('memory-long-file');
    }).timeout(2 * READING);

    test('nothing was sent anywhere', () => {
      const { problems, samples, servers } = session.network.findings();
      assert.deepEqual(problems, []);
      assert.ok(samples > 20 && servers >= 2, `only ${samples} looks at ${servers} servers`);
    });
  });
}
