import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, el, escapeText, toMarkup, type DrawnElement, type Markup } from '../../../../src/common/charts';

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><svg onload=alert(1)>',
  '<!--',
  ']]>',
  '&lt;b&gt;',
  '\u0000\u0007',
  '\ud800 half',
  'a\r\nb',
  '\u202eevil',
];

/** Undoes the escaping, as a browser would. */
function unescaped(source: string): string {
  return source.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

describe('escaping', () => {
  it('leaves no character that could begin markup, and gives the text back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' })), (text) => {
        const source = escapeText(text);
        expect(source).not.toMatch(/[<>"']/);
        expect(source).not.toMatch(/&(?!#\d+;)/);
        // Nothing that no document may contain.
        for (const character of source) {
          const code = character.codePointAt(0)!;
          expect(code === 9 || code === 10 || (code >= 32 && code !== 0xfffe && code !== 0xffff)).toBe(true);
        }
        expect(source.isWellFormed()).toBe(true);
        const expected = text
          .toWellFormed()
          .replace(/[^\t\n\r\u0020-\u007e\u00a0-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
        expect(unescaped(source)).toBe(expected);
      }),
    );
  });

  it('holds in text and in attributes, whatever is nested', () => {
    for (const text of hostile) {
      const source = toMarkup(el('p', { title: text }, text, el('code', {}, text)));
      expect(source.match(/<[^>]*>/g)).toHaveLength(4);
      expect(source).not.toMatch(/<(script|img|svg|!)/);
    }
  });

  it('refuses names that are none', () => {
    expect(() => toMarkup(el('p onload=x'))).toThrow(RangeError);
    expect(() => toMarkup(el('p', { 'a b': 1 }))).toThrow(RangeError);
    expect(() => toMarkup(el('', {}))).toThrow(RangeError);
  });

  it('leaves out attributes without a value, and the end of elements that have none', () => {
    expect(toMarkup(el('meta', { charset: 'utf-8', name: undefined }))).toBe('<meta charset="utf-8">');
  });
});

/** Elements that a document was asked to create. */
interface Made {
  space?: string;
  tag?: string;
  text?: string;
  attributes: Record<string, string>;
  nodes: Made[];
}

const recorder = {
  createElementNS: (space: string, tag: string): Made & DrawnElement<Made> => {
    const made: Made & DrawnElement<Made> = {
      space,
      tag,
      attributes: {},
      nodes: [],
      setAttribute: (key, value) => void (made.attributes[key] = value),
      append: (...nodes) => void made.nodes.push(...nodes),
    };
    return made;
  },
  createTextNode: (text: string): Made => ({ text, attributes: {}, nodes: [] }),
};

describe('drawing', () => {
  it('makes nodes and never parses', () => {
    const tree: Markup = el(
      'div',
      { class: 'a' },
      '<b>',
      el('svg', { xmlns: 'http://www.w3.org/2000/svg' }, el('title', {}, '<i>')),
      el('title', {}, 'x'),
    );
    const made = draw<Made>(tree, recorder);
    const [text, picture, title] = made.nodes;
    expect(made.space).toBe('http://www.w3.org/1999/xhtml');
    expect(text?.text).toBe('<b>');
    expect(picture?.space).toBe('http://www.w3.org/2000/svg');
    expect(picture?.attributes).toEqual({});
    expect(picture?.nodes[0]).toMatchObject({ space: 'http://www.w3.org/2000/svg', nodes: [{ text: '<i>' }] });
    expect(title?.space).toBe('http://www.w3.org/1999/xhtml');
  });
});
