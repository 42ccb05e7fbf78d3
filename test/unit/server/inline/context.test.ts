import { TextDocument } from 'vscode-languageserver-textdocument';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../src/protocol';
import { inlineContext } from '../../../../src/server/inline/context';

const document = (text: string, languageId = 'typescript'): TextDocument =>
  TextDocument.create('untitled:a', languageId, 1, text);
const automatic = { triggerKind: 2 } as const;
const manual = { triggerKind: 1 } as const;
const at = (line: number, character: number): { line: number; character: number } => ({ line, character });

describe('inlineContext', () => {
  it('splits the text at the cursor', () => {
    const context = inlineContext(document('  let a = 1;\nlet b;'), at(0, 8), automatic, defaultSettings);
    // "a = 1;" begins at the cursor and is shorter than the limit.
    expect(context).toMatchObject({ before: '  let a ', after: '= 1;\nlet b;', indent: 2, isAutomatic: true });
  });

  it('offers nothing unasked in the middle of a line, but does so when asked', () => {
    const text = document('let a = something + other;');
    expect(inlineContext(text, at(0, 8), automatic, defaultSettings)).toBeUndefined();
    expect(inlineContext(text, at(0, 8), manual, defaultSettings)).toBeDefined();
    expect(inlineContext(document('foo(bar(baz(qux))));;;;'), at(0, 15), automatic, defaultSettings)).toBeDefined();
  });

  it('takes the selected suggestion for typed, and replaces its range', () => {
    const range = { start: at(0, 4), end: at(0, 6) };
    const context = inlineContext(
      document('foo.le'),
      at(0, 6),
      { ...automatic, selectedCompletionInfo: { range, text: 'length' } },
      defaultSettings,
    );
    expect(context).toMatchObject({ before: 'foo.length', after: '', range, selected: 'length' });
  });

  it('obeys the settings', () => {
    const text = document('let a = 1; // no');
    const off = { ...defaultSettings, 'completion.enabled': false };
    expect(inlineContext(text, at(0, 16), manual, off)).toBeUndefined();
    const language = { ...defaultSettings, 'completion.languages': { '*': true, typescript: false } };
    expect(inlineContext(text, at(0, 16), manual, language)).toBeUndefined();
    const onlyManual = { ...defaultSettings, 'completion.trigger': 'manual' };
    expect(inlineContext(text, at(0, 16), automatic, onlyManual)).toBeUndefined();
    const onlyCode = { ...defaultSettings, 'completion.inCommentsAndStrings': false };
    expect(inlineContext(text, at(0, 16), manual, onlyCode)).toBeUndefined();
    expect(inlineContext(text, at(0, 10), manual, onlyCode)).toBeDefined();
  });
});
