import assert from 'node:assert/strict';
import {
  Position,
  Range,
  WorkspaceEdit,
  commands,
  window,
  workspace,
  type Hover,
  type MarkdownString,
  type TextDocument,
} from 'vscode';
import type { Client } from '../../../src/client';
import { ask, client, inside, untilFresh } from '../memmamba';
import { eventually } from '../eventually';

/** The texts of this extension's hovers at a position. */
async function ownHovers(document: TextDocument, place: Position): Promise<string[]> {
  const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', document.uri, place);
  const texts = hovers.flatMap(({ contents }) => contents.map((content) => (content as MarkdownString).value));
  // Markdown escapes the spaces and commas of plain text.
  return texts
    .map((text) => text.replaceAll('&nbsp;', ' ').replaceAll('\\', ''))
    .filter((text) => text.includes('kept by layer'));
}

/** The panel, the highlighting and the hovers, from inside the editor. */
export function memory(): void {
  suite('seeing the memory', () => {
    let document: TextDocument;
    let shown: Client['memory'];

    setup(async () => {
      const uri = inside('first', 'help.js');
      document = await workspace.openTextDocument(uri);
      await window.showTextDocument(document);
      await untilFresh(uri);
      shown = (await client()).memory;
      await highlight(false);
      await commands.executeCommand('workbench.view.explorer');
      await eventually('the panel is hidden', () => (shown.isPanelVisible ? undefined : true));
    });

    const highlight = async (wanted: boolean): Promise<void> => {
      if (shown.highlight.isOn !== wanted) await commands.executeCommand('memmamba.toggleHighlight');
      assert.equal(shown.highlight.isOn, wanted);
    };
    /** Turns highlighting on. @returns the highlights as soon as there are any */
    const highlighted = async (): Promise<ReturnType<typeof shown.highlight.marksOf>> => {
      await highlight(true);
      return eventually('tokens are highlighted', () => {
        const all = shown.highlight.marksOf(document);
        return all.length > 0 ? all : undefined;
      });
    };

    test('nothing is highlighted, and no hover comes, until it is wanted', async () => {
      assert.equal(shown.highlight.isOn, false);
      assert.deepEqual(shown.highlight.marksOf(document), []);
      assert.deepEqual(await ownHovers(document, new Position(0, 8)), []);
    });

    test('highlights retained tokens where the document has them, and a hover names the layers', async () => {
      const marks = await highlighted();
      for (const { line, start, end, text } of marks) {
        assert.equal(document.getText(new Range(line, start, line, end)), text);
      }
      const { line, start, layers } = marks[0]!;
      const [hover] = await ownHovers(document, new Position(line, start));
      assert.ok(hover !== undefined);
      assert.ok(hover.includes(layers.join(', ')), hover);
      assert.match(hover, /attended/);
    });

    test('highlighting follows an edit before it is read', async () => {
      const before = (await highlighted()).at(-1)!;
      const edit = new WorkspaceEdit();
      edit.insert(document.uri, new Position(0, 0), '// one\n// two\n');
      await workspace.applyEdit(edit);
      const after = shown.highlight.marksOf(document).at(-1)!;
      assert.equal(after.line, before.line + 2);
      assert.equal(document.getText(new Range(after.line, after.start, after.line, after.end)), before.text);
      await commands.executeCommand('workbench.action.files.revert');
      await untilFresh(document.uri);
    });

    test('the panel opens, and the last recall is told only when there was one', async () => {
      await commands.executeCommand('memmamba.openMemoryView');
      await eventually('the panel is shown', () => (shown.isPanelVisible ? true : undefined));
      // While the panel is visible, hovers are welcome without highlighting.
      const mark = await eventually('the panel has a picture', () => shown.highlight.marksOf(document)[0]);
      assert.equal((await ownHovers(document, new Position(mark.line, mark.start))).length, 1);
      await commands.executeCommand('workbench.view.explorer');
      await eventually('the panel is hidden', () => (shown.isPanelVisible ? undefined : true));
      assert.deepEqual(await ownHovers(document, new Position(mark.line, mark.start)), []);
    });

    test('shows what an answer recalled, and takes it back', async () => {
      await ask('What does padWidth return?', { kind: 'file', uri: document.uri.toString() });
      const recall = await shown.showAttended('answer');
      assert.equal(recall?.question, 'What does padWidth return?');
      const [file] = recall.files;
      for (const { nothing, notes, recent, own: itself } of file!.reads) {
        assert.ok(Math.abs(nothing + notes + recent + itself - 1) < 1e-4);
      }
      assert.equal(shown.highlight.isOn, true);
      const marks = shown.highlight.marksOf(document);
      assert.ok(marks.length > 0 && marks.every(({ peak }) => peak !== undefined));
      await commands.executeCommand('memmamba.hideRecalled');
      assert.equal(shown.highlight.isOn, false);
    });
  });
}
