import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineIndex, linesAround } from '../../../src/common';

describe('LineIndex', () => {
  const text = 'a\r\nbß😀\rc\n\n';

  it('ends lines at LF, CRLF and lone CR', () => {
    const lines = new LineIndex(text);
    expect(Array.from({ length: lines.lineCount }, (_, i) => lines.lineText(i))).toEqual(['a', 'bß😀', 'c', '', '']);
    expect(() => lines.lineText(5)).toThrow(RangeError);
  });

  it('counts columns in UTF-16 units and has none after the end of a line', () => {
    const lines = new LineIndex(text);
    expect(lines.offsetAt({ line: 1, column: 4 })).toBe(7);
    expect(lines.offsetAt({ line: 1, column: 5 })).toBeUndefined();
    expect(lines.offsetAt({ line: 5, column: 0 })).toBeUndefined();
    expect(lines.offsetAt({ line: -1, column: 0 })).toBeUndefined();
    expect(lines.positionAt(99)).toEqual({ line: 4, column: 0 });
  });

  it('gives every position back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\r', '\n', '😀') }), (any) => {
        const lines = new LineIndex(any);
        for (let line = 0; line < lines.lineCount; line++) {
          for (let column = 0; column <= lines.lineText(line).length; column++) {
            const offset = lines.offsetAt({ line, column })!;
            expect(lines.positionAt(offset)).toEqual({ line, column });
          }
        }
      }),
    );
  });
});

describe('linesAround', () => {
  const text = Array.from({ length: 20 }, (_, i) => `${i}`).join('\n');

  it('gives two lines before and what follows, and as many lines as there are at either end', () => {
    expect(linesAround(text, 10, 4)).toBe('8\n9\n10\n11');
    expect(linesAround(text, 0, 3)).toBe('0\n1\n2');
    expect(linesAround(text, 19, 4)).toBe('16\n17\n18\n19');
    expect(linesAround('a\nb', 1, 6)).toBe('a\nb');
  });
});
