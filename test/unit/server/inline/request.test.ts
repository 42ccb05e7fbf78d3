import { TextDocument } from 'vscode-languageserver-textdocument';
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../src/protocol';
import { inlineRequest } from '../../../../src/server/inline/request';

const document = (text: string, languageId = 'typescript'): TextDocument =>
  TextDocument.create('untitled:a', languageId, 1, text);
const automatic = { triggerKind: 2 } as const;
const explicit = { triggerKind: 1 } as const;
const at = (line: number, character: number): { line: number; character: number } => ({ line, character });

describe('inlineRequest', () => {
  it('splits the text at the cursor', () => {
    const request = inlineRequest(document('  let a = 1;\nlet b;'), at(0, 8), automatic, defaultSettings);
    // "a = 1;" begins at the cursor and is shorter than the limit.
    expect(request).toMatchObject({ before: '  let a ', after: '= 1;\nlet b;', line: { indent: 2, isBlank: false } });
  });

  it('offers nothing in the middle of a line automatically, but does so explicitly', () => {
    const text = document('let a = something + other;');
    expect(inlineRequest(text, at(0, 8), automatic, defaultSettings)).toBeUndefined();
    expect(inlineRequest(text, at(0, 8), explicit, defaultSettings)).toBeDefined();
    expect(inlineRequest(document('foo(bar(baz(qux))));;;;'), at(0, 15), automatic, defaultSettings)).toBeDefined();
  });

  it('takes the selected suggestion for typed, and replaces its range', () => {
    const range = { start: at(0, 4), end: at(0, 6) };
    const request = inlineRequest(
      document('foo.le'),
      at(0, 6),
      { ...automatic, selectedCompletionInfo: { range, text: 'length' } },
      defaultSettings,
    );
    expect(request).toMatchObject({ before: 'foo.length', after: '', range, selected: 'length' });
  });

  it.each([
    { length: 'line', context: automatic, wanted: { trigger: 'automatic', extent: 'line', leastConfidence: 0.4 } },
    { length: 'block', context: automatic, wanted: { trigger: 'automatic', extent: 'block', leastConfidence: 0.4 } },
    { length: 'line', context: explicit, wanted: { trigger: 'explicit', extent: 'block', leastConfidence: 0 } },
  ])('asks for $wanted.extent, $wanted.trigger, where $length is set', ({ length, context, wanted }) => {
    const settings = { ...defaultSettings, 'completion.length': length, 'completion.minimumConfidence': 0.4 };
    expect(inlineRequest(document('let a = '), at(0, 8), context, settings)).toMatchObject(wanted);
  });

  it('obeys the settings', () => {
    const text = document('let a = 1; // no');
    const off = { ...defaultSettings, 'completion.enabled': false };
    expect(inlineRequest(text, at(0, 16), explicit, off)).toBeUndefined();
    const language = { ...defaultSettings, 'completion.languages': { '*': true, typescript: false } };
    expect(inlineRequest(text, at(0, 16), explicit, language)).toBeUndefined();
    const onlyManual = { ...defaultSettings, 'completion.trigger': 'manual' };
    expect(inlineRequest(text, at(0, 16), automatic, onlyManual)).toBeUndefined();
    const onlyCode = { ...defaultSettings, 'completion.inCommentsAndStrings': false };
    expect(inlineRequest(text, at(0, 16), explicit, onlyCode)).toBeUndefined();
    expect(inlineRequest(text, at(0, 10), explicit, onlyCode)).toBeDefined();
  });
});
