import { describe, expect, it } from 'vitest';
import { isInsideCharacter, wholeCharacters } from '../../../../src/server/complete';

describe('wholeCharacters', () => {
  it.each(['a', 'é', '→', '😀', ''])('leaves out what is left of %j at the end, and nothing else', (character) => {
    const bytes = Buffer.from(`x${character}`);
    expect(wholeCharacters(bytes)).toBe(`x${character}`);
    for (let end = 1; end < bytes.length; end++) expect(wholeCharacters(bytes.subarray(0, end))).toBe('x');
  });

  it('keeps a replacement character that was written', () => {
    expect(wholeCharacters(Buffer.from('a\uFFFD'))).toBe('a\uFFFD');
  });
});

describe('isInsideCharacter', () => {
  it('is so between two halves only', () => {
    expect([0, 1, 2, 3, 4].map((offset) => isInsideCharacter('a😀b', offset))).toEqual([
      false,
      false,
      true,
      false,
      false,
    ]);
  });
});
