import assert from 'node:assert/strict';
import { Position, Range, Uri, WorkspaceEdit, commands, window, workspace } from 'vscode';
import { ask, entry, inside, stateOf, status, untilFresh, untilGone } from '../memmamba';
import { eventually } from '../eventually';

/** The stages of files, wherever they are and whatever happens to them. */
export function reading(): void {
  suite('reading a workspace of two folders', () => {
    suiteSetup(async () => {
      await eventually('everything is read', async () => ((await status()).phase.kind === 'ready' ? true : undefined));
    });

    test('reads files of both folders', async () => {
      assert.ok((await untilFresh(inside('first', 'help.js'))).tokens > 1000);
      assert.ok((await untilFresh(inside('second', 'branch.ts'))).tokens > 500);
    });

    test('obeys .gitignore and .memmambaignore', async () => {
      assert.equal((await stateOf(inside('first', 'generated/wanted.js')))?.kind, 'fresh');
      const ignored = await stateOf(inside('first', 'generated/output.js'));
      assert.ok(ignored === undefined || ignored.kind === 'skipped', JSON.stringify(ignored));
    });

    test('never reads a file that looks secret, and says so', async () => {
      const state = await stateOf(inside('first', '.env'));
      assert.ok(state?.kind === 'skipped', JSON.stringify(state));
      assert.equal(state.reason, 'secret');
      const answer = await ask('What is API_TOKEN?');
      assert.ok(!JSON.stringify(answer).includes('not-a-real-one'));
    });

    test('cites the right line of a file with CRLF line ends', async () => {
      const uri = inside('first', 'crlf.js');
      await untilFresh(uri);
      const text = Buffer.from(await workspace.fs.readFile(uri)).toString('utf8');
      assert.ok(text.includes('\r\n'));
      const wanted = text.split('\r\n').findIndex((line) => line.includes('argOptional()')) + 1;
      const answer = await ask('argOptional', { kind: 'file', uri: uri.toString() });
      assert.ok(answer.found);
      const best = answer.citations[0]!;
      assert.equal(best.uri, uri.toString());
      assert.ok(
        best.startLine <= wanted && wanted <= best.endLine,
        `line ${wanted} in ${best.startLine}-${best.endLine}`,
      );
    });

    test('reads text that is not saved yet', async () => {
      const uri = inside('first', 'option.js');
      const document = await workspace.openTextDocument(uri);
      await window.showTextDocument(document);
      const edit = new WorkspaceEdit();
      edit.insert(uri, new Position(document.lineCount, 0), '\nconst unsavedPelican = 17;\n');
      await workspace.applyEdit(edit);
      assert.ok(document.isDirty);
      await untilFresh(uri);
      const answer = await ask('unsavedPelican', { kind: 'file', uri: uri.toString() });
      assert.ok(answer.citations.some(({ text }) => text.includes('unsavedPelican')));
      await commands.executeCommand('workbench.action.files.revert');
      await untilFresh(uri);
    });

    test('reads a document without a file', async () => {
      const document = await workspace.openTextDocument({
        language: 'javascript',
        content: 'function untitledHeron() {\n  return 23;\n}\n',
      });
      await window.showTextDocument(document);
      const uri = document.uri.toString();
      const answer = await eventually('the untitled document answers', async () => {
        const result = await ask('untitledHeron', { kind: 'file', uri });
        return result.found ? result : undefined;
      });
      assert.equal(answer.citations[0]?.uri, uri);
      assert.equal(answer.citations[0].startLine, 1);
      await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });

    test('after an edit only what follows it is read again', async () => {
      const uri = inside('first', 'help.js');
      const { tokens } = await untilFresh(uri);
      const document = await workspace.openTextDocument(uri);
      await window.showTextDocument(document);
      const edit = new WorkspaceEdit();
      edit.replace(uri, new Range(document.lineCount - 1, 0, document.lineCount - 1, 0), '// the end\n');
      await workspace.applyEdit(edit);
      await eventually('the edit is noticed', async () => {
        const state = await stateOf(uri);
        return state?.kind === 'fresh' && state.tokens !== tokens ? true : undefined;
      });
      const after = await untilFresh(uri);
      assert.ok(after.restoredTokens > after.tokens / 2, JSON.stringify(after));
      await commands.executeCommand('workbench.action.files.revert');
    });

    test('follows a rename without reading again', async () => {
      const from = inside('first', 'error.js');
      const to = inside('first', 'renamedError.js');
      await untilFresh(from);
      await workspace.fs.rename(from, to);
      try {
        await untilGone(from);
        assert.ok((await untilFresh(to)).tokens > 0);
      } finally {
        await workspace.fs.rename(to, from);
      }
      await untilFresh(from);
    });

    test('forgets a deleted file', async () => {
      const uri = inside('first', 'short-lived.js');
      await workspace.fs.writeFile(uri, Buffer.from('export const shortLivedOsprey = 1;\n'));
      await untilFresh(uri);
      await workspace.fs.delete(uri);
      await untilGone(uri);
      assert.equal((await ask('shortLivedOsprey')).found, false);
    });

    test('reads a folder that is added and lists it', async () => {
      const uri = inside('second', 'deep/er/nested.ts');
      await workspace.fs.writeFile(uri, Buffer.from('export const nestedAvocet = 1;\n'));
      await untilFresh(uri);
      const parent = await entry(Uri.joinPath(uri, '..'));
      assert.equal(parent?.type, 'folder');
    });
  });
}
