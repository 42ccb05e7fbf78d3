import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleJson, visibleLine, visibleText } from '../../../src/common';

describe('text in a place where it must not do anything', () => {
  it.each([
    ['\x1b]0;x\x07\x1b[2Ka', '\\x1b]0;x\\x07\\x1b[2Ka'],
    ['a\rb', 'a\\rb'],
    ['\x9b31mred', '\\x9b31mred'],
    ['if (a /*\u202e } \u2066if (isAdmin)\u2069 */', 'if (a /*\\u202e } \\u2066if (isAdmin)\\u2069 */'],
    ['pass\u200bword', 'pass\\u200bword'],
    ['a\u{e0041}b', 'a\\u{e0041}b'],
    [
      'tab\tand 👩‍💻, \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
      'tab\tand 👩‍💻, \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
    ],
  ])('shows %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(visibleLine(text)).toBe(shown);
  });

  it('keeps lines in a text, and makes one of them in a name', () => {
    expect(visibleText('a\r\nb\nc')).toBe('a\r\nb\nc');
    expect(visibleLine('a\r\nskipped b')).toBe('a\\r\\nskipped b');
  });

  it('leaves nothing for a terminal to obey, and JSON what it is', () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.integer({ min: 0, max: 0x2100 }).map((c) => String.fromCharCode(c)),
        fc.constant('\u{e0020}'),
      ),
    });
    fc.assert(
      fc.property(text, (written) => {
        // eslint-disable-next-line no-control-regex -- what terminals obey
        const obeyed = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/u;
        for (const shown of [visibleText(written), visibleLine(written), visibleJson(written)]) {
          expect(shown).not.toMatch(obeyed);
        }
        expect(visibleLine(written)).not.toMatch(/[\r\n]/);
        expect(JSON.parse(visibleJson({ written }))).toEqual({ written });
      }),
    );
  });
});
