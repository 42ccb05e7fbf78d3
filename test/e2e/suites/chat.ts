import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUpAfterFailures } from '../driver/cleanUp';
import { ChatView } from '../driver/chat';
import { Session } from '../driver/session';
import { Workbench } from '../driver/workbench';
import { vsix } from '../vsix';
import { copySample } from '../workspaces';

/** The editor's chat view, with no account, no network and no chat model except this extension's. */
export function chat(): void {
  suite('the chat of the editor', () => {
    let session: Session;
    let bench: Workbench;
    let view: ChatView;

    /** 1-based line of the first match in a file of the workspace. */
    const lineOf = (path: string, pattern: RegExp): number =>
      readFileSync(join(session.opened, path), 'utf8')
        .split('\n')
        .findIndex((line) => pattern.test(line)) + 1;

    suiteSetup(async () => {
      session = await Session.open({
        vsix: vsix(),
        workspace: (folder) => {
          copySample(folder, 'commander/help.js', 'commander/option.js', 'commander/error.js');
          return undefined;
        },
        settings: { 'memmamba.reading.cpuShare': 100 },
      });
      bench = new Workbench(session.page);
      view = new ChatView(bench);
      await bench.ready();
      await bench.open('commander/option.js');
      await bench.untilStatus(/All files have been read/);
    });
    suiteTeardown(() => session.close());
    setup(() => view.open());
    cleanUpAfterFailures(() => bench);

    const known = '@memmamba Where is padWidth defined?';

    test('@memmamba answers a question that is typed, with code and its place', async () => {
      const answer = await view.ask(known);
      const line = lineOf('commander/help.js', /^ {2}padWidth\(/);
      assert.match((await answer.locator('.view-line').first().innerText()).replaceAll('\u00a0', ' '), /padWidth\(cmd/);
      const link = answer.locator('a[data-href*="help.js"]').first();
      assert.match(await link.innerText(), new RegExp(`help\\.js:${line}$`));
      await bench.screenshot('chat-answer');
      await link.click();
      await bench.tab('help.js').waitFor();
      await bench.statusBar(`Ln ${line}, Col 1`).waitFor();
    });

    test('the places of an answer are its references, which open, too', async () => {
      const answer = await view.ask(known);
      await bench.open('commander/option.js');
      await answer.locator('.completed-response-summary').click();
      await answer.getByRole('button', { name: /^Used \d+ references?$/ }).click();
      await answer.locator('.chat-used-context-list .monaco-list-row', { hasText: 'help.js' }).first().click();
      await bench.tab('help.js').waitFor();
      assert.equal(await bench.line(), lineOf('commander/help.js', /^ {2}padWidth\(/));
    });

    test('the next question goes to it without its name', async () => {
      await view.ask(known);
      assert.match(await view.typed(), /^@memmamba/);
    });

    test('it says when memory holds no answer, and how much was looked through', async () => {
      const answer = await view.ask('@memmamba Where is the zorkmid frobnicator configured?');
      assert.match(await answer.innerText(), /Not found in memory\. \(files searched: 3/);
      assert.equal(await answer.locator('a[data-href]').count(), 0);
    });

    test('a command narrows where it looks, and what is not there can be looked for everywhere', async () => {
      await bench.open('commander/option.js');
      const question = 'Where is padWidth defined?';
      const nothing = await view.ask(`@memmamba /file ${question}`);
      assert.match(await nothing.innerText(), /Not found in memory\. \(files searched: 1/);
      await bench.screenshot('chat-followup');
      const answer = await view.answerAfter(() => view.view().getByText('Search the whole workspace').click());
      const link = answer.locator('a[data-href*="help.js"]').first();
      await link.waitFor();
      assert.match(await link.innerText(), new RegExp(`:${lineOf('commander/help.js', /^ {2}padWidth\(/)}$`));
    });

    test('nothing was sent anywhere', () => {
      const { problems, samples } = session.network.findings();
      assert.deepEqual(problems, []);
      assert.ok(samples > 0);
    });
  });
}
