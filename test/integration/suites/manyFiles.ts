import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { window, workspace } from 'vscode';
import { eventually } from '../eventually';
import { files, folder, inside, status, untilFresh } from '../memmamba';

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
      let slowest = 0;
      const timedStatus = async (): ReturnType<typeof status> => {
        const start = performance.now();
        const answer = await status();
        slowest = Math.max(slowest, performance.now() - start);
        return answer;
      };
      await eventually(
        'all files are counted',
        async () => {
          const { counts } = await timedStatus();
          const known = Object.values(counts).reduce((sum, count) => sum + count, 0);
          return known >= FILES ? true : undefined;
        },
        100_000,
      );
      assert.ok(slowest < 3000, `an answer took ${slowest.toFixed(0)} ms`);

      // A file in front of the user comes before the thousands in the background.
      const uri = inside('first', 'many/29/file29999.js');
      await window.showTextDocument(await workspace.openTextDocument(uri));
      await untilFresh(uri, 20_000);
      assert.equal((await files(inside('first', 'many/29'))).length, 1000);
    });
  });
}
