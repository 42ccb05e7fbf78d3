import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../src/engine';
import { wordEnd } from '../../../../src/engine/tokenizer/split';
import { tinyModel } from '../model';

const file = join(tinyModel, 'tokenizer.json');
const text = readFileSync(file, 'utf8');
const tokenizer = new Tokenizer(file, text);

/** Bytes that often meet the split's special cases: white space, symbols, digits and high bytes. */
const awkwardBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '\n', '\r', '\r\n', '\t', '\v', '\f', 'a', 'Zq', '7', '.', '=>', '\0', '\xe9', '\xff'),
      fc.string({ unit: 'binary' }).map((s) => Buffer.from(s).toString('latin1')),
    ),
  )
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

describe('split', () => {
  it('cuts where the regular expression of the training does', () => {
    const pattern =
      /[^\r\nA-Za-z0-9\x80-\xff]?[A-Za-z\x80-\xff]+|[0-9]{1,3}| ?[^ \t\n\v\f\rA-Za-z0-9\x80-\xff]+|[ \t\n\v\f\r]*[\r\n]+[ \t]*|[ \t\n\v\f\r]+(?![^ \t\n\v\f\r])|[ \t\n\v\f\r]+/g;
    fc.assert(
      fc.property(fc.oneof(awkwardBytes, fc.uint8Array()), (bytes) => {
        const ends: number[] = [];
        for (let at = 0; at < bytes.length; ends.push(at)) at = wordEnd(bytes, at);
        let at = 0;
        const expected = Buffer.from(bytes)
          .toString('latin1')
          .match(pattern)
          ?.map((word) => (at += word.length));
        expect(ends).toEqual(expected ?? []);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('Tokenizer', () => {
  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(awkwardBytes, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        expect(Buffer.from(tokenizer.decode(tokenizer.encode(bytes)))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same ids with a cold and a warm cache', () => {
    fc.assert(
      fc.property(awkwardBytes, (bytes) => {
        const first = tokenizer.encode(bytes);
        expect(tokenizer.encode(bytes)).toEqual(first);
        expect(new Tokenizer(file, text).encode(bytes)).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });

  it('merges words of any length like the plain algorithm', () => {
    const ranks = new Map<string, number>();
    const { merges } = (JSON.parse(text) as { model: { merges: [string, string][] } }).model;
    merges.forEach(([a, b], i) => ranks.set(`${a} ${b}`, i));
    const plain = (word: string): string[] => {
      let parts = Array.from(word);
      for (;;) {
        let best = Infinity;
        let at = -1;
        for (let i = 0; i + 1 < parts.length; i++) {
          const rank = ranks.get(`${parts[i]!} ${parts[i + 1]!}`) ?? Infinity;
          if (rank < best) [best, at] = [rank, i];
        }
        if (at < 0) return parts;
        parts = [...parts.slice(0, at), parts[at]! + parts[at + 1]!, ...parts.slice(at + 2)];
      }
    };
    fc.assert(
      fc.property(fc.stringMatching(/^[a-ent]{1,300}$/), (word) => {
        const ids = tokenizer.encode(Buffer.from(word));
        expect(Array.from(ids, (id) => Buffer.from(tokenizer.tokenBytes(id)).toString())).toEqual(plain(word));
      }),
      { numRuns: 150 },
    );
  });

  it('never makes a special token of text, and no text of a special token', () => {
    const ids = tokenizer.encode(Buffer.from('<|eof|><|path|>'));
    for (const id of ids) expect(tokenizer.specialName(id)).toBeUndefined();
    expect(tokenizer.special('eof')).toBe(tokenizer.special('<|eof|>'));
    expect(tokenizer.specialName(tokenizer.special('eof'))).toBe('<|eof|>');
    expect(tokenizer.decode(Uint32Array.of(tokenizer.special('eof')))).toHaveLength(0);
  });

  it('says which id or name it does not know', () => {
    expect(() => tokenizer.tokenBytes(99_999)).toThrow(/99999/);
    expect(() => tokenizer.special('nope')).toThrow(/nope/);
  });

  it('takes one word of a megabyte in its stride', () => {
    expect(tokenizer.decode(tokenizer.encode(Buffer.alloc(1 << 20, ' ')))).toHaveLength(1 << 20);
  });

  it.each([
    ['not json', '{', 'model-file-invalid'],
    ['another kind', '{"added_tokens": [], "model": {"type": "Unigram"}}', 'model-file-invalid'],
    ['a hole in the ids', text.replace(/:\s*511\b/, ':600'), 'model-file-invalid'],
    ['an unknown merge', text.replace(/"merges":\s*\[/, '"merges":[["qqqq","zzzz"],'), 'model-file-invalid'],
  ])('refuses a tokenizer.json with %s', (_, broken, code) => {
    expect(() => new Tokenizer('tokenizer.json', broken)).toThrow(expect.objectContaining({ code }));
  });

  it('names a missing file', async () => {
    await expect(Tokenizer.load('nowhere/tokenizer.json')).rejects.toMatchObject({
      code: 'model-file-missing',
      message: expect.stringContaining('nowhere/tokenizer.json') as string,
    });
  });
});
