import fc from 'fast-check';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { silentLogger, type LineIndex } from '../../../src/common';
import { MemoryStore } from '../../../src/memory';
import { SpanIndex } from '../../../src/server/ask';
import { prefixAt } from '../../../src/server/inline/prefix';
import { PrefixKeeper } from '../../../src/server/prefix';
import { EngineTasks, Reader, Scheduler, uriOf, Workspace, type WorkspaceFile } from '../../../src/workspace';
import { temporaryFolder } from '../../support/folder';
import { plantedKeys, privateKeyBlock } from '../../support/keys';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();
const text = (lines: number): string =>
  Array.from({ length: lines }, (_, i) => `export const value${i} = compute(${i});\n`).join('');

/** A workspace folder with all its observers, as in the server. */
async function opened(files: Record<string, string>) {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const store = await MemoryStore.open(await temporaryFolder(), { quotaBytes: 1e9, log: silentLogger });
  const scheduler = new Scheduler();
  const tasks = new EngineTasks(engine, scheduler);
  const workspace = new Workspace(() => 1e6);
  const reader = new Reader({ workspace, tasks, store, readsWorkspace: () => true });
  const prefixes = new PrefixKeeper({ workspace, tasks, prefixBytes: () => 1e8, log: silentLogger });
  const index = new SpanIndex();
  const dropped: string[] = [];
  workspace.observe({
    onRead: ({ key, name }, { bytes }) => void index.set(key, name, bytes),
    onDropped: ({ key, name }) => {
      dropped.push(name);
      index.delete(key);
    },
  });
  workspace.observe(prefixes);
  workspace.observe(reader);
  onTestFinished(async () => {
    await reader.close();
    await scheduler.close();
    await store.close();
  });
  workspace.setRoots([folder]);
  await workspace.explore();
  const file = (name: string): WorkspaceFile => workspace.files.get(join(folder, name))!;
  const kinds = (): Record<string, string> =>
    Object.fromEntries([...workspace.files.values()].map(({ name, state }) => [name, state.kind]));
  return { folder, workspace, reader, prefixes, store, index, dropped, file, kinds };
}

describe('forgetting', () => {
  it('leaves nothing of a file, in the store or with anybody who follows it, until it changes or is wanted', async () => {
    const { folder, workspace, reader, prefixes, store, index, dropped, file, kinds } = await opened({
      'a.ts': text(60),
      'b.ts': text(50),
    });
    const path = join(folder, 'a.ts');
    const document = TextDocument.create(uriOf(path), 'typescript', 1, text(60));
    const a = file('a.ts');
    workspace.active = a;
    await workspace.open(document);
    await reader.read(a);
    await reader.read(file('b.ts'));
    await index.settled(workspace.files.keys());
    expect([index.has(a.key), prefixes.of(a) !== undefined, a.reading !== undefined]).toEqual([true, true, true]);
    const all = store.stats().states;

    const states = reader.forget([a]);
    expect(states).toBeGreaterThan(0);
    expect(store.stats().states).toBe(all - states);
    expect(store.forget(a.key)).toBe(0);
    expect([index.has(a.key), prefixes.of(a), a.reading]).toEqual([false, undefined, undefined]);
    expect(a.state).toMatchObject({ kind: 'skipped', reason: 'forgotten' });
    expect(dropped).toEqual(['a.ts']);
    await expect(reader.read(a)).rejects.toMatchObject({ code: 'file-skipped' });

    // Neither checking again nor closing it is a change.
    await workspace.explore();
    workspace.close(document);
    await workspace.explore();
    expect(kinds()).toEqual({ 'a.ts': 'skipped', 'b.ts': 'fresh' });
    await workspace.changedOnDisk(path);
    expect((await reader.read(a)).restoredTokens).toBe(0);
    reader.forget([a]);
    expect(await reader.want([a])).toBe(1);
    await reader.read(a);
    expect(kinds()).toEqual({ 'a.ts': 'fresh', 'b.ts': 'fresh' });

    reader.forgetAll();
    expect(store.stats()).toMatchObject({ states: 0, documents: 0 });
    expect(index.list()).toEqual([]);
    expect(kinds()).toEqual({ 'a.ts': 'skipped', 'b.ts': 'skipped' });
  });

  it('ends a reading that is under way', async () => {
    const { reader, store, file } = await opened({ 'a.ts': text(3000) });
    const reading = reader.read(file('a.ts')).catch((error: unknown) => error);
    while (file('a.ts').state.kind !== 'reading') await new Promise((resolve) => setTimeout(resolve, 5));
    reader.forget([file('a.ts')]);
    expect(await reading).toMatchObject({ code: 'file-skipped' });
    expect(file('a.ts').state).toMatchObject({ kind: 'skipped', reason: 'forgotten' });
    expect(store.stats().states).toBe(0);
  });
});

describe('a workspace that is looked through again', () => {
  it('finds what is new, has changed or is gone, and what is left out now', async () => {
    const { folder, workspace, reader, dropped, file, kinds } = await opened({
      'a.ts': text(3),
      'b.ts': text(4),
      'c.ts': text(5),
    });
    for (const one of workspace.files.values()) await reader.read(one);
    await writeFile(join(folder, 'a.ts'), text(3).replace('0', '1'));
    await writeFile(join(folder, 'd.ts'), text(2));
    await rm(join(folder, 'b.ts'));
    await writeFile(join(folder, '.memmambaignore'), 'c.ts\n');
    await workspace.explore();
    expect(dropped.sort()).toEqual(['b.ts', 'c.ts']);
    expect(kinds()).toMatchObject({ 'a.ts': 'stale', 'c.ts': 'skipped', 'd.ts': 'waiting' });
    const { bytes } = await reader.read(file('a.ts'));
    expect(Buffer.from(bytes).toString()).toBe(text(3).replace('0', '1'));
  });
});

const linesOf = (lines: LineIndex): string =>
  Array.from({ length: lines.lineCount }, (_, line) => lines.lineText(line)).join('\n');

describe('keys in files', () => {
  it('reach neither the model nor an answer, from disk or from the editor', async () => {
    const keys = [...plantedKeys, privateKeyBlock].map((key, i) => `const key${i} = '${key}';\n`).join('');
    const { folder, workspace, reader, store, index, file } = await opened({ 'disk.ts': text(5) + keys + text(40) });
    const open = TextDocument.create(uriOf(join(folder, 'open.ts')), 'typescript', 1, keys + text(40));
    await workspace.open(open);
    for (const name of ['disk.ts', 'open.ts']) {
      const { tokens, bytes } = await reader.read(file(name));
      await index.settled(workspace.files.keys());
      const held = [engine.tokenizer.decode(tokens), bytes].map((part) => Buffer.from(part).toString());
      held.push(linesOf(index.text(file(name).key)));
      for (const key of plantedKeys) expect(held.join('\n')).not.toContain(key.slice(-16));
      expect(held.join('\n')).not.toContain(privateKeyBlock.split('\n')[1]);
      expect(held[1]).toHaveLength(name === 'disk.ts' ? (text(5) + keys + text(40)).length : open.getText().length);
    }
    expect(store.stats().states).toBeGreaterThan(0);
  });
});

describe('reading', () => {
  it('cuts a document into tokens once', async () => {
    const { workspace, reader } = await opened({});
    const lengths: number[] = [];
    const encode = engine.tokenizer.encode.bind(engine.tokenizer);
    engine.tokenizer.encode = (bytes, ...more) => {
      lengths.push(bytes.length);
      return encode(bytes, ...more);
    };
    onTestFinished(() => void (engine.tokenizer.encode = encode));
    await workspace.open(TextDocument.create('untitled:a', 'typescript', 1, text(80)));
    workspace.active = workspace.byUri('untitled:a');
    await reader.read(workspace.active!);
    expect(lengths.sort((a, b) => b - a)).toEqual([text(80).length, 'a\n'.length]);
    // A completion knows its prefix from that; only the last line may be tokenized differently now.
    lengths.length = 0;
    const { prefix } = prefixAt(engine.tokenizer, workspace.active!, undefined, `${text(80)}export const value80`);
    expect(prefix.tokens.length).toBeGreaterThan(engine.tokenizer.encode(Buffer.from(text(79))).length);
    const again = lengths.slice(0, -1).reduce((sum, length) => sum + length, 0);
    expect(again).toBeLessThan(100);
  });

  it('reads nothing of a document before it is admitted', async () => {
    const { folder, workspace, reader } = await opened({ '.env': 'A=1\n' });
    const document = TextDocument.create(uriOf(join(folder, '.env')), 'plaintext', 1, 'A=1\n');
    const opening = workspace.open(document);
    workspace.edited(document);
    const file = workspace.byUri(document.uri)!;
    expect(file.isOut).toBe(true);
    await expect(reader.read(file)).rejects.toMatchObject({ code: 'file-skipped' });
    await opening;
    await expect(reader.read(file)).rejects.toMatchObject({ code: 'file-skipped' });
  });
});

describe('a file that is loaded twice', () => {
  it('has another revision when its text is another one', async () => {
    const { folder, workspace } = await opened({ 'a.ts': text(3) });
    const file = workspace.files.get(join(folder, 'a.ts'))!;
    await workspace.load(file);
    const { revision } = file;
    await workspace.load(file);
    expect(file.revision).toBe(revision);
    await writeFile(file.path!, text(4));
    await workspace.load(file);
    expect(file.revision).toBeGreaterThan(revision);
  });
});

type Step = readonly [
  'write' | 'delete' | 'open' | 'edit' | 'close' | 'forget' | 'want' | 'explore',
  name: string,
  lines: number,
];

describe('whatever happens to files while they are read', () => {
  it('ends with the newest text of each in memory, and with nothing of those that were forgotten', async () => {
    const step: fc.Arbitrary<Step> = fc.tuple(
      fc.constantFrom('write', 'delete', 'open', 'edit', 'close', 'forget', 'want', 'explore'),
      fc.constantFrom('a.ts', 'b.ts'),
      fc.integer({ min: 1, max: 60 }),
    );
    const run = async (steps: readonly Step[]): Promise<void> => {
      const { folder, workspace, reader, prefixes, index } = await opened({ 'a.ts': text(20) });
      const onDisk = new Map([['a.ts', text(20)]]);
      const documents = new Map<string, TextDocument>();
      const forgotten = new Set<string>();
      for (const [what, name, lines] of steps) {
        const path = join(folder, name);
        const file = workspace.files.get(path);
        const document = documents.get(name);
        if (what === 'write') {
          await writeFile(path, text(lines));
          onDisk.set(name, text(lines));
          await workspace.changedOnDisk(path);
          if (!document) forgotten.delete(name);
        } else if (what === 'delete' && !document) {
          await rm(path, { force: true });
          onDisk.delete(name);
          workspace.deletedOnDisk(path);
          forgotten.delete(name);
        } else if (what === 'open' && !document) {
          documents.set(name, TextDocument.create(uriOf(path), 'typescript', 1, text(lines)));
          await workspace.open(documents.get(name)!);
          workspace.active = workspace.files.get(path);
        } else if (what === 'edit' && document) {
          TextDocument.update(document, [{ text: text(lines) }], document.version + 1);
          workspace.edited(document);
          forgotten.delete(name);
        } else if (what === 'close' && document && onDisk.has(name)) {
          documents.delete(name);
          workspace.close(document);
        } else if (what === 'forget' && file) {
          reader.forget([file]);
          forgotten.add(name);
        } else if (what === 'want' && file && file.state.kind !== 'reading') {
          await reader.want([file]);
          forgotten.delete(name);
        } else if (what === 'explore') {
          await workspace.explore();
        }
      }
      const wanted = new Map([...onDisk, ...[...documents].map(([name, one]) => [name, one.getText()] as const)]);
      for (const name of forgotten) wanted.delete(name);
      for (const file of workspace.files.values()) {
        if (!wanted.has(file.name)) {
          expect(file.state).toMatchObject({ kind: 'skipped', reason: 'forgotten' });
          expect([index.has(file.key), prefixes.of(file), file.reading]).toEqual([false, undefined, undefined]);
          continue;
        }
        const reading = await reader.read(file);
        expect(Buffer.from(reading.bytes).toString()).toBe(wanted.get(file.name));
        expect(file.state).toMatchObject({ kind: 'fresh', tokens: reading.tokens.length });
        await index.settled([file.key]);
        expect(index.text(file.key).lineCount).toBe(1 + wanted.get(file.name)!.split('\n').length - 1);
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 14 }), run), { numRuns: 25 });
  });
});
