import fc from 'fast-check';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../src/engine';
import { openWordLength } from '../../../../src/engine/tokenizer/openWord';
import { tinyModel } from '../model';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await Tokenizer.load(join(tinyModel, 'tokenizer.json'));
});

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Pieces of code, and pieces between which words are cut in special ways. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ' ',
        '  ',
        '\n',
        '\r',
        '\r\n',
        '\t',
        '\v',
        '\f',
        'a',
        'Zq',
        '7',
        '42',
        '123',
        '.',
        '(',
        '=>',
        '"',
        '\0',
      ),
      fc.constantFrom('return', 'self.', 'é', '日本', '\ud83d\ude00', 'x'.repeat(30)),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 15 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'utf8'));

const bytes = fc.oneof(text, fc.uint8Array({ maxLength: 80 }));

describe('heal', () => {
  it.each([
    // The last two tokens, of the tiny vocabulary.
    ['x = re.compile(par', 'par'],
    ['re.com', 'com'],
    ['re.c', '.c'],
    ['    return', ' return'],
    ['    retu', ' retu'],
    ['return ', ' '],
    ['a,  ', '  '],
    ['if (a', 'a'],
    ['if (', ' ('],
    ['a =', ' ='],
    ['a ==', ' =='],
    ['x = 1', '1'],
    ['x = 1234', '4'],
    ['naïve', 'ïve'],
    ['par', 'par'],
    ['a\n', '\n'],
    ['a {\n    ', '\n    '],
    ['a { \r\n\r\n\t\t', ' \r\n\r\n\t\t'],
    ['\n', '\n'],
    ['a\n \f', '\f'],
  ])('holds back the word at the end of %j', (before, held) => {
    expect(tokenizer.heldBackLength(Buffer.from(before))).toBe(Buffer.byteLength(held));
  });

  it.each([
    ['nothing', ''],
    ['more than 32 bytes of indentation', `a {\n${' '.repeat(32)}`],
    ['a number of three digits, which never goes on', 'x = 123'],
  ])('holds back nothing of %s', (_, before) => {
    expect(tokenizer.heldBackLength(Buffer.from(before))).toBe(0);
  });

  it('takes a space along that would change its token without the digit after it', () => {
    expect(tokenizer.heldBackLength(Buffer.from('x:  1'))).toBe(2);
  });

  it('holds back the last tokens only of a word of many', () => {
    const name = 'x'.repeat(40);
    const last = tokenizer.encode(Buffer.from(` ${name}`)).subarray(-2);
    expect(last.length).toBe(2);
    expect(tokenizer.heldBackLength(Buffer.from(`x = ${name}`))).toBe(tokenizer.decode(last).length);
  });

  it('leaves the tokens of the rest as they are', () => {
    fc.assert(
      fc.property(bytes, (before) => {
        const held = tokenizer.heldBackLength(before);
        const rest = tokenizer.encode(before.subarray(0, before.length - held));
        expect(rest).toEqual(tokenizer.encode(before).subarray(0, rest.length));
        expect(held).toBeLessThanOrEqual(openWordLength(before));
      }),
      { numRuns: 3000 },
    );
  });

  it('never reaches across a line end into a text, nor into a character', () => {
    fc.assert(
      fc.property(text, (before) => {
        const held = before.subarray(before.length - tokenizer.heldBackLength(before));
        expect(latin1(held)).not.toMatch(/[\r\n].*\S/s);
        expect((held[0] ?? 0) & 0xc0).not.toBe(0x80);
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves tokens that stay the same whatever is written after the cursor, unless the word has many', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const held = tokenizer.heldBackLength(before);
        const shown = before.subarray(0, before.length - held);
        // A form feed after indentation may still join them.
        fc.pre(held > 0 && held === openWordLength(before) && !/[\r\n][ \t]*$/.test(latin1(shown)));
        const ids = tokenizer.encode(shown);
        expect(tokenizer.encode(Buffer.concat([before, after])).subarray(0, ids.length)).toEqual(ids);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('fitting', () => {
  const brute = (beginning: Uint8Array): number[] => {
    const want = latin1(beginning);
    return Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => {
      const token = latin1(tokenizer.tokenBytes(id));
      return token !== '' && (token.startsWith(want) || want.startsWith(token));
    });
  };

  it('finds every token that begins with the bytes or is a part of their beginning, and no other', () => {
    const beginning = fc.oneof(
      bytes,
      fc.nat().chain((n) => {
        const token = tokenizer.tokenBytes(n % tokenizer.vocabSize);
        return fc.tuple(fc.nat(token.length), fc.uint8Array({ maxLength: 2 })).map(([length, more]) => {
          return Buffer.concat([token.subarray(0, length), more]);
        });
      }),
    );
    fc.assert(
      fc.property(
        beginning.filter(({ length }) => length > 0),
        (some) => {
          const ids = tokenizer.fitting(some);
          expect(Array.from(ids)).toEqual(brute(some));
          expect(ids.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
