import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { window, workspace } from 'vscode';
import { eventually } from '../eventually';
import { ask, files, folder, inside, status, untilFresh } from '../memmamba';

const FILES = 30_000;

/** A folder with very many files may take long to read, but nobody waits for it. */
export function manyFiles(): void {
  suite(`a folder of ${FILES} files`, () => {
    test('is listed while the server goes on answering', async () => {
      const first = folder('first').fsPath;
      for (let i = 0; i < FILES; i++) {
        const parent = join(first, 'many', `${Math.floor(i / 1000)}`);
        if (i % 1000 === 0) mkdirSync(parent, { recursive: true });
        writeFileSync(join(parent, `file${i}.js`), `export const number${i} = ${i};\n`);
      }
      const waiting = async (): Promise<number> => (await status()).counts.waiting;
      await eventually('all files are counted', async () => {
        const { counts } = await status();
        const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
        return known >= FILES ? true : undefined;
      });
      assert.ok((await ask('padWidth', { kind: 'file', uri: inside('first', 'help.js').toString() })).found);

      // What a user waits for comes before the thousands in the background.
      const uri = inside('first', 'many/29/file29999.js');
      await window.showTextDocument(await workspace.openTextDocument(uri));
      await untilFresh(uri);
      assert.ok((await waiting()) > FILES / 2, 'the other files were read first');
      assert.equal((await files(inside('first', 'many/29'))).length, 1000);
    });
  });
}
