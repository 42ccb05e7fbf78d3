import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { Tokenizer } from '../../../../src/engine';
import { stableLineStart } from '../../../../src/server/inline/lineStart';
import { tinyModelDir } from '../../../support/tinyModel';

describe('stableLineStart', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await Tokenizer.load(join(tinyModelDir, 'tokenizer.json'));
  });

  it('finds the first visible character of the last line that has one', () => {
    expect(stableLineStart('a\n  b')).toBe(4);
    expect(stableLineStart('a\n  b\n   ')).toBe(4);
    expect(stableLineStart('abc')).toBe(0);
    expect(stableLineStart('')).toBe(0);
  });

  it('is a place where the tokens of a text can be cut, whatever stands around it', () => {
    const piece = fc.constantFrom('a', 'Bc', '12', ' ', '\t', '\n', '\r\n', '\r', '(', '=>', 'é', '\f', '  ', '"');
    const text = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));
    const encode = (part: string): number[] => [...tokenizer.encode(Buffer.from(part))];
    fc.assert(
      fc.property(text, (whole) => {
        const cut = stableLineStart(whole);
        expect([...encode(whole.slice(0, cut)), ...encode(whole.slice(cut))]).toEqual(encode(whole));
      }),
      { numRuns: 500 },
    );
  });
});
