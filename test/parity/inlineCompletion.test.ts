import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { silentLogger } from '../../src/common';
import { Engine } from '../../src/engine';
import { defaultSettings } from '../../src/protocol';
import { FileMemory } from '../../src/memory';
import { completeAt } from '../../src/server';
import { InlineCompleter } from '../../src/server/inline';
import { AttendedNotesLog } from '../../src/server/attendedNotes';
import { EngineTasks, Scheduler } from '../../src/workspace';
import { document as documentOf, openStore } from '../support/documents';
import { shippedModelDir } from '../support/shippedModels';

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.open({
    modelDir: shippedModelDir,
    provider: 'cpu',
  });
});
afterAll(() => engine.dispose());

// A frozen clock: the number of candidates must not depend on the speed of this machine.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Requests a completion at the end of a text, with an explicit trigger. */
async function completeAtEnd(text: string) {
  const uri = 'untitled:a.py';
  const file = { key: uri, uri, name: 'a.py', reading: undefined, isOut: false };
  const document = TextDocument.create('untitled:a.py', 'python', 1, text);
  const scheduler = new Scheduler();
  const position = document.positionAt(text.length);
  const params = { textDocument: document, position, context: { triggerKind: 1 as const } };
  const completer = new InlineCompleter(
    new EngineTasks(engine, scheduler),
    silentLogger,
    new AttendedNotesLog(engine.config),
    () => undefined,
  );
  const outcome = await completer.complete(file, document, params, defaultSettings, new AbortController().signal);
  await scheduler.close();
  return { outcome, position };
}

const lines = `import re

parser_re = re.compile(r"[a-z]+")
number_re = re.compile(r"[0-9]+")
symbol_re = re.compile(r"[.,;]+")
`;

const many = Array.from({ length: 400 }, (_, i) => `${(i * i) % 997}, `).join('');

describe('the shipped model inside a word', () => {
  it.each([
    ['a name', `${lines}blank_re = re.com`, 'pile('],
    ['a name after a bracket', `${lines}tokens = list(parser_re)\nagain = list(par`, 'ser_re'],
    ['a space', `${lines}blank_re = re.compile(r"[ ]+")\nother_re =`, ' re.compile('],
    ['a space that is typed already', `${lines}blank_re = re.compile(r"[ ]+")\nother_re = `, 're.compile('],
    ['a line too long to be kept apart', `${lines}a = [${many}0]; blank_re = re.com`, 'pile('],
  ])('completes %s, from the cursor on', async (_, before, rest) => {
    const { outcome, position } = await completeAtEnd(before);
    if (outcome.kind !== 'offered') throw new Error(JSON.stringify(outcome));
    const [item] = outcome.items;
    expect(item!.range).toEqual({ start: position, end: position });
    expect((item!.insertText as string).slice(0, rest.length)).toBe(rest);
    expect(outcome.confidence).toBeGreaterThan(0);
    expect(outcome.confidence).toBeLessThanOrEqual(1);
  });

  it('offers other lines to someone who asked, each once', async () => {
    const { outcome, position } = await completeAtEnd(`${lines}tokens = list(parser_re)\nagain = `);
    if (outcome.kind !== 'offered') throw new Error(JSON.stringify(outcome));
    const texts = outcome.items.map(({ insertText }) => insertText as string);
    expect(texts.length).toBeGreaterThan(1);
    expect(texts.length).toBeLessThanOrEqual(4);
    expect(new Set(texts).size).toBe(texts.length);
    for (const { range } of outcome.items) expect(range).toEqual({ start: position, end: position });
  });
});

describe('the shipped model at a blank line', () => {
  const functions = ['width', 'height', 'depth', 'length']
    .map((name) => `def read_${name}(record):\n    ${name} = record["${name}"]\n    return ${name}\n\n\n`)
    .join('');

  it('ends with less indentation where that is asked for, wherever the cursor stands in its line', async () => {
    const memory = new FileMemory(engine, await openStore());
    const complete = async (text: string, stop: 'dedent' | undefined): Promise<string> => {
      const file = documentOf(text);
      return (await completeAt(engine, memory, file, file.bytes.length, { stop, maxTokens: 60 })).text;
    };
    for (const cursor of ['', '    ', '    weight']) {
      const text = `${functions}def read_weight(record):\n${cursor}`;
      expect(await complete(text, undefined)).toMatch(/^\S/m);
      const written = await complete(text, 'dedent');
      expect(`${cursor}${written}`.trim()).not.toBe('');
      for (const line of `${cursor}${written}`.split('\n')) expect(line).toMatch(/^( {4}|$)/);
    }
  });

  it('writes a statement where one is missing', async () => {
    for (const [before, after] of [
      [`${functions}def read_weight(record):\n`, '\n'],
      [`${functions}def read_weight(record):\n    `, '\n\n\nprint(1)\n'],
      ['class A:\n    def a(self):\n        ', '\n\n    def b(self):\n        return 1\n'],
    ] as const) {
      const memory = new FileMemory(engine, await openStore());
      const file = documentOf(before + after);
      const { text } = await completeAt(engine, memory, file, Buffer.byteLength(before));
      expect(text.trim()).not.toBe('');
    }
  });
});
