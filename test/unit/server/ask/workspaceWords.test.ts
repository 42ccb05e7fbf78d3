import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { silentLogger } from '../../../../src/common';
import { askIndex, SpanIndex, WorkspaceWords, type Answer } from '../../../../src/server/ask';
import { uriOf, Workspace, type WorkspaceFile } from '../../../../src/workspace';
import { temporaryFolder } from '../../../support/folder';

/** A workspace whose words alone are known: no model is there. */
async function opened(files: Record<string, string>) {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const workspace = new Workspace(() => 1e6);
  const words = new WorkspaceWords(workspace, new SpanIndex(), silentLogger);
  workspace.observe(words);
  onTestFinished(() => words.close());
  workspace.setRoots([folder]);
  await workspace.explore();
  await words.whenSettled();
  const ask = async (question: string): Promise<Answer> =>
    askIndex(words.index, words.index.list(), question, undefined);
  const file = (name: string): WorkspaceFile => workspace.files.get(join(folder, name))!;
  return { folder, workspace, words, ask, file };
}

const named = (name: string): string =>
  `/** Tells the ${name}. */\nexport function ${name}(): number {\n  return 1;\n}\n`;

describe('the words of a workspace', () => {
  it('answer before the model has read anything', async () => {
    const { ask } = await opened({ 'a.ts': named('pressureOf'), 'b.ts': named('heightOf') });
    const { citations } = await ask('Where is heightOf defined?');
    expect(citations.map(({ line, symbol }) => [line, symbol])).toEqual([[2, 'heightOf']]);
  });

  it('follow a file that is written, deleted or edited in the editor', async () => {
    const { folder, workspace, words, ask, file } = await opened({
      'a.ts': named('pressureOf'),
      'b.ts': named('heightOf'),
    });
    await writeFile(join(folder, 'a.ts'), named('densityOf'));
    await workspace.changedOnDisk(join(folder, 'a.ts'));
    await rm(join(folder, 'b.ts'));
    workspace.deletedOnDisk(join(folder, 'b.ts'));
    await words.whenSettled();
    const found = async (name: string): Promise<boolean> => (await ask(`Where is ${name} defined?`)).found;
    expect([await found('pressureOf'), await found('densityOf'), await found('heightOf')]).toEqual([
      false,
      true,
      false,
    ]);

    const document = TextDocument.create(uriOf(join(folder, 'a.ts')), 'typescript', 1, named('unsavedOf'));
    await workspace.open(document);
    TextDocument.update(document, [{ text: named('typedOf') }], 2);
    workspace.edited(document);
    expect(words.has(file('a.ts'))).toBe(false);
    await words.whenSettled();
    expect([await found('densityOf'), await found('unsavedOf'), await found('typedOf')]).toEqual([false, false, true]);
  });

  it('keep nothing of a file that is forgotten', async () => {
    const { words, ask, file } = await opened({ 'a.ts': named('pressureOf') });
    file('a.ts').apply({ type: 'forgotten' });
    expect((await ask('Where is pressureOf defined?')).found).toBe(false);
    expect(words.index.list()).toEqual([]);
  });

  it('cut many files into lines first, and along their syntax in the end', async () => {
    const files = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`f${i}.ts`, named(`value${i}`)]));
    const { words, ask } = await opened(files);
    expect(new Set(words.index.list().map(({ spans }) => spans[0]!.kind))).toEqual(new Set(['function']));
    expect((await ask('Where is value77 defined?')).citations[0]).toMatchObject({ symbol: 'value77' });
  });
});
