import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileMemory } from '../../../../src/memory';
import { prefixAt, stableLineStart } from '../../../../src/server/inline/prefix';
import { document, lines, openStore, tokensOf, utf8 } from '../../../support/documents';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { tokenizer } = engine;

const piece = fc.constantFrom(
  'a',
  'Bc',
  '12',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\r',
  '(',
  '=>',
  'é',
  '\f',
  '\u00a0',
  '  ',
  '"',
);
const anyText = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));

describe('stableLineStart', () => {
  it.each([
    ['a\n  b', 4],
    ['a\n  b\n   ', 4],
    ['abc', 0],
    ['', 0],
  ])('of %j is the first visible character of the last line that has one', (text, start) => {
    expect(stableLineStart(utf8(text))).toBe(start);
  });

  it('is a place where the tokens of a text can be cut, whatever stands around it', () => {
    const encode = (part: Uint8Array): number[] => [...tokenizer.encode(part)];
    fc.assert(
      fc.property(anyText, (text) => {
        const whole = utf8(text);
        const cut = stableLineStart(whole);
        expect([...encode(whole.subarray(0, cut)), ...encode(whole.subarray(cut))]).toEqual(encode(whole));
      }),
      { numRuns: 500 },
    );
  });
});

describe('prefixAt', () => {
  const file = { key: 'a', name: 'a.ts' };

  it('cuts at the beginning of the line', () => {
    const { prefix, line } = prefixAt(tokenizer, { ...file, reading: undefined }, undefined, `${lines(2)}  call(first`);
    expect(Buffer.from(line).toString()).toBe('call(first');
    expect(prefix.tokens).toEqual(tokensOf(engine, `${lines(2)}  `));
  });

  it('takes a very long line in, except for its last word', () => {
    const text = `${lines(1)}call(${'a, '.repeat(600)}last`;
    const { prefix, line } = prefixAt(tokenizer, { ...file, reading: undefined }, undefined, text);
    expect(utf8(text).length - line.length).toBeGreaterThan(1500);
    expect([...prefix.tokens, ...tokenizer.encode(line)]).toEqual([...tokensOf(engine, text)]);
  });

  it('makes the same tokens from what was read of the file, whatever was edited since', async () => {
    const memory = new FileMemory(engine, await openStore());
    const read = `${lines(8)}\t\u00a0x\n\n${lines(4, 2)}`;
    const reading = await memory.read(document(read));
    fc.assert(
      fc.property(fc.nat(read.length), fc.nat(20), anyText, (at, removed, inserted) => {
        const text = read.slice(0, at) + inserted + read.slice(at + removed);
        const known = prefixAt(tokenizer, { ...file, reading }, undefined, text);
        const anew = prefixAt(tokenizer, { ...file, reading: undefined }, undefined, text);
        expect(known.prefix.tokens).toEqual(anew.prefix.tokens);
        expect(known.line).toEqual(anew.line);
      }),
      { numRuns: 200 },
    );
  });
});
