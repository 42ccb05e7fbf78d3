import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUpAfterFailures } from '../driver/cleanUp';
import { Session } from '../driver/session';
import { Workbench } from '../driver/workbench';
import { vsix } from '../vsix';
import { copySample } from '../workspaces';

/** A folder that tries to exceed its rights: settings for a model and a store, and a link to a file outside. */
function wily(folder: string): undefined {
  copySample(folder, 'commander/option.js');
  writeFileSync(join(folder, '..', 'outside.js'), 'export const outsideCormorant = 1;\n');
  symlinkSync(join(folder, '..', 'outside.js'), join(folder, 'inside.js'));
  mkdirSync(join(folder, '.vscode'));
  const settings = {
    'memmamba.engine.modelFolder': join(folder, 'evil-model'),
    'memmamba.store.folder': join(folder, 'evil-store'),
  };
  writeFileSync(join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
}

export function untrusted(): void {
  suite('a folder that is not trusted', () => {
    let session: Session;
    let bench: Workbench;

    suiteSetup(async () => {
      session = await Session.open({ vsix: vsix(), workspace: wily, trust: true });
      bench = new Workbench(session.page);
      await bench.ready();
      await bench.statusBar('Restricted Mode').waitFor();
    });
    suiteTeardown(() => session.close());
    cleanUpAfterFailures(() => bench);

    test('is read, with the model and the store that the folder did not choose', async () => {
      await bench.open('commander/option.js');
      const text = await bench.untilStatus(/This file: fully read/);
      assert.match(text, /Memory on disk/);
    });

    test('is read no further than its own files', async () => {
      await bench.openView();
      await bench.treeRow('inside.js').waitFor();
      await bench.screenshot('untrusted');
      assert.match(await bench.treeRow('inside.js').innerText(), /skipped: /);
    });
  });
}
