import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Frame } from 'playwright-core';
import { cleanUpAfterFailures } from '../driver/cleanUp';
import { axeFindings, changeTheme, foldView, frameWith, openMemoryPanel, themes } from '../driver/memoryPanel';
import { Session } from '../driver/session';
import { Workbench } from '../driver/workbench';
import { PATIENCE } from '../../support/patience';
import { vsix } from '../vsix';
import { copySample } from '../workspaces';

/** A name and a content that would become markup if text were interpreted. */
const HOSTILE_NAME = '<img src=x onerror=hacked()>.js';
const HOSTILE_LINE = '</script></style><img src=x onerror="window.hacked=1"><svg onload=hacked()>&lt;b&gt;';

function project(folder: string): undefined {
  copySample(folder, 'commander/help.js', 'commander/error.js', 'commander/option.js');
  const lines = Array.from({ length: 120 }, (_, i) => `${HOSTILE_LINE} entry${i} = ${i};`);
  writeFileSync(join(folder, HOSTILE_NAME), `${lines.join('\n')}\n`);
}

/** The file used by most tests. */
const FILE = 'commander/help.js';

/** The panel, the highlighting and attended notes, in one session. */
export function memoryPanel(): void {
  suite('the memory panel', () => {
    let session: Session;
    let bench: Workbench;
    let panel: Frame;
    let lines: string[];

    suiteSetup(async () => {
      session = await Session.open({
        vsix: vsix(),
        workspace: project,
        settings: {
          'memmamba.completion.minimumConfidence': 0,
          'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
          'memmamba.reading.cpuShare': 100,
        },
      });
      lines = readFileSync(join(session.opened, FILE), 'utf8').split('\n');
      bench = new Workbench(session.page);
      await bench.ready();
    });
    suiteTeardown(() => session.close());
    const isShown = async (): Promise<boolean> =>
      (await bench.tab(basename(FILE)).count()) > 0 &&
      !panel.isDetached() &&
      (await panel.locator('h1', { hasText: FILE }).isVisible());

    /** Each test starts with the notes of the file as it is on disk. */
    setup(async () => {
      if (!(await isShown())) {
        await bench.open(FILE);
        panel = await openMemoryPanel(bench);
        await foldView(bench, 'Ask');
        await foldView(bench, 'Files');
        await panel.locator('h1', { hasText: FILE }).waitFor();
      }
      await bench.untilStatus(/This file: fully read, [\d,]+ tokens/);
      await panel.locator('#tab-notes').click();
      await panel.locator('.rows .row').first().waitFor();
    });
    cleanUpAfterFailures(() => bench);

    test('shows the notes of the file in front', async () => {
      assert.equal(await panel.locator('h1').innerText(), FILE);
      assert.match(await panel.locator('#note').innerText(), /Read ([\d,]+) of \1 tokens/);
      await bench.screenshot('memory-panel');
    });

    test('a click on a note goes to its line, and so does Enter', async () => {
      // The newest first, which are far from the cursor.
      await panel.locator('#order').selectOption('age');
      const row = panel.locator('.rows .row').nth(5);
      const line = Number((await row.locator('span').nth(1).innerText()).replaceAll(',', ''));
      const text = await row.locator('span').first().innerText();
      assert.ok(line > 100, `line ${line}`);
      await row.click();
      await bench.statusBar(`Ln ${line}, Col`).waitFor();
      await bench.untilEditorFocused();
      assert.ok(lines[line - 1]!.includes(text.replaceAll(/[·⏎⇥]/g, '')), `"${text}" in line ${line}`);
      await bench.goTo(1, 1);
      await panel.locator('#order').selectOption('line');
      await panel.locator('#grid').focus();
      await bench.page.keyboard.press('End');
      await bench.page.keyboard.press('ArrowUp');
      const active = panel.locator('.row.active span').nth(1);
      const next = Number((await active.innerText()).replaceAll(',', ''));
      assert.ok(next > 100, `line ${next}`);
      await bench.page.keyboard.press('Enter');
      await bench.statusBar(`Ln ${next}, Col`).waitFor();
      await bench.untilEditorFocused();
    });

    test('the map goes from note to note by keys and says where it is', async () => {
      const map = panel.locator('[role=slider]');
      await map.focus();
      await bench.page.keyboard.press('End');
      await bench.page.keyboard.press('ArrowLeft');
      const said = await map.getAttribute('aria-valuetext');
      const line = Number(/line ([\d,]+)/.exec(said ?? '')?.[1]?.replaceAll(',', ''));
      assert.ok(line > 0, said ?? 'nothing');
      await panel.locator('#tip pre').filter({ hasText: /\S/ }).waitFor();
      assert.equal(await panel.locator('#tip pre').innerText(), lines[line - 1]!.trim());
      await bench.page.keyboard.press('Enter');
      await bench.statusBar(`Ln ${line}, Col`).waitFor();
      await bench.untilEditorFocused();
    });

    test('retained tokens are highlighted, and a hover says which layers keep them', async () => {
      await bench.command('MemMamba: Toggle Highlighting of Retained Tokens');
      const decorated = bench.page.locator('.editor-group-container.active .view-overlays .cdr[class*="ced-"]').first();
      await decorated.waitFor();
      await bench.screenshot('memory-highlight');
      await bench.command('MemMamba: Toggle Highlighting of Retained Tokens');
    });

    test('what a completion recalled is shown with weights that sum to the whole', async () => {
      const line = lines.findIndex((text) => /^ {2}longestOptionTermLength\(/.test(text)) + 1;
      await bench.typeUntilOffered(line, ['    return helper', '    return ', '    const terms = helper']);
      await bench.page.keyboard.press('Escape');
      await bench.command('MemMamba: Show What the Last Completion Attended To');
      panel = await frameWith(bench, 'table.reads');
      const rows = await panel.locator('table.reads tbody tr').all();
      assert.ok(rows.length >= 2);
      for (const row of rows) {
        const shares = await row.locator('td').allInnerTexts();
        const sum = shares.reduce((total, share) => total + Number(share.replace(' %', '')), 0);
        assert.ok(Math.abs(sum - 100) < 2, shares.join(' + '));
      }
      await panel.locator('.rows .row').first().waitFor();
      await bench.screenshot('memory-recall');
      await bench.command('MemMamba: Hide Attended Tokens');
      await bench.command('File: Revert File');
    });

    test('fidelity is measured when asked for, and drawn with what each metric is worth', async () => {
      await panel.locator('#fidelity summary').first().click();
      await panel.locator('#measure').click();
      await panel.locator('#fidelity progress').waitFor();
      await panel.locator('#fidelity svg').first().waitFor({ timeout: PATIENCE });
      const text = await panel.locator('#fidelity').innerText();
      assert.match(text, /ETMF/);
      assert.match(text, /not predict/i);
      await bench.screenshot('memory-fidelity');
      await panel.locator('#fidelity summary').first().click();
    });

    test('what is seen can be saved as JSON and as a picture', async () => {
      const saves = async (kind: 'json' | 'svg'): Promise<string> => {
        const file = join(session.opened, `commander-help.js.memory.${kind}`);
        await panel.locator(kind === 'json' ? '#exportJson' : '#exportSvg').click();
        const input = bench.quickInput();
        await input.waitFor();
        // The dialog fills in the proposed path gradually.
        for (let tries = 0; (await input.inputValue()) !== file && tries < 50; tries++)
          await bench.page.waitForTimeout(100);
        assert.equal(await input.inputValue(), file, 'another place is proposed');
        await bench.page.keyboard.press('Enter');
        await bench.until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), `${file} is written`);
        return readFileSync(file, 'utf8');
      };
      const json = await saves('json');
      const saved = JSON.parse(json) as {
        tokens: number;
        notes: { layer: number; position: number }[];
        fidelity?: object;
      };
      assert.ok(saved.notes.length > 100 && saved.notes.every(({ position }) => position < saved.tokens));
      assert.ok(saved.fidelity !== undefined);
      assert.match(await saves('svg'), /^<svg[^]*<\/svg>\s*$/);
    });

    test('an edit is compared with what was remembered', async () => {
      await bench.untilStatus(/fully read, [\d,]+ tokens/, 60_000);
      await panel.locator('#tab-changes').click();
      await panel.locator('#remember').click();
      await panel.locator('#empty').filter({ hasText: 'The notes have not changed.' }).waitFor();
      await bench.goTo(20, 1);
      await bench.page.keyboard.type('const rememberedPelican = 17;\nfunction unseenOsprey() {}\n', { delay: 5 });
      // The list is ordered by position and draws only visible rows: which kind comes first depends on the model.
      const summary = /[1-9][\d,]* added, [\d,]+ dropped, [\d,]+ rescored/;
      await panel.locator('#about').filter({ hasText: summary }).waitFor();
      await panel
        .locator('.rows .row')
        .filter({ hasText: /added|dropped|rescored/ })
        .first()
        .waitFor();
      await bench.screenshot('memory-changes');
      await bench.command('File: Revert File');
      await panel.locator('#tab-notes').click();
    });

    test('keeps its list and its file while it is hidden, and holds a pinned file', async () => {
      await panel.locator('#tab-evicted').click();
      await panel.locator('#pin').click();
      await bench.page.keyboard.press('Control+Shift+E');
      await bench.open('commander/error.js');
      panel = await openMemoryPanel(bench);
      await panel.locator('h1', { hasText: FILE }).waitFor();
      assert.equal(await panel.locator('#tab-evicted').getAttribute('aria-selected'), 'true');
      await panel.locator('#pin').click();
      await panel.locator('h1', { hasText: 'commander/error.js' }).waitFor();
      await panel.locator('#tab-notes').click();
    });

    test('names and content of hostile files stay text', async () => {
      await bench.open(HOSTILE_NAME);
      await panel.locator('h1', { hasText: HOSTILE_NAME }).waitFor();
      await panel.locator('.rows .row').first().waitFor();
      // The last note: the first ones are of the file's name, which has no line to show.
      await panel.locator('#grid').focus();
      await bench.page.keyboard.press('End');
      await panel.locator('#tip pre').filter({ hasText: 'onerror' }).waitFor();
      await bench.screenshot('memory-hostile');
      const inside = await panel.evaluate<{ images: number; scripts: number; hacked: boolean }>(`({
        images: document.querySelectorAll('img, iframe, object, embed').length,
        scripts: document.querySelectorAll('#panel script, #panel style').length,
        hacked: 'hacked' in window,
      })`);
      assert.deepEqual(inside, { images: 0, scripts: 0, hacked: false });
      assert.equal(await bench.page.evaluate<boolean>("'hacked' in window"), false);
    });

    test('the content security policy allows nothing unsafe', async () => {
      const policy = await panel.locator('meta[http-equiv="Content-Security-Policy"]').first().getAttribute('content');
      assert.match(policy ?? '', /default-src 'none'; script-src 'nonce-[\w-]+'; style-src \S+/);
      assert.ok(!policy!.includes('unsafe'), policy!);
    });

    for (const theme of Object.keys(themes) as (keyof typeof themes)[]) {
      test(`axe finds nothing serious in the panel (${theme})`, async () => {
        await changeTheme(bench, panel, theme);
        for (const list of ['notes', 'evicted', 'attended', 'changes']) {
          await panel.locator(`#tab-${list}`).click();
          assert.deepEqual(await axeFindings(panel), [], `list ${list}`);
        }
        await panel.locator('#tab-notes').click();
        await bench.screenshot(`memory-${theme}`);
      });
    }
  });
}
