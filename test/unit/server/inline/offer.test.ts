import { describe, expect, it } from 'vitest';
import { offerOf } from '../../../../src/server/inline/offer';
import type { InlineRequest } from '../../../../src/server/inline/request';

const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
const request = (change: Partial<InlineRequest> = {}): InlineRequest => ({
  before: 'const a = ',
  after: '\nconst b = 2;\n',
  range,
  selected: '',
  trigger: 'explicit',
  extent: 'line',
  indent: 0,
  leastConfidence: 0,
  ...change,
});
const candidate = (text: string, { confidence = 0.9, isWhole = true } = {}) => ({ text, confidence, isWhole });

function textsOf(...args: Parameters<typeof offerOf>): unknown[] | string {
  const offer = offerOf(...args);
  return offer.kind === 'nothing' ? offer.why : offer.items.map(({ insertText }) => insertText);
}

describe('offerOf', () => {
  it.each([
    { what: 'a line as it is', wrote: ['first(1);'], offered: ['first(1);'] },
    { what: 'nothing where nothing was written', wrote: [' '], offered: 'empty' },
    { what: 'each text once', wrote: ['one;', 'two;', 'one;'], offered: ['one;', 'two;'] },
    {
      what: 'no line that begins a longer offer',
      wrote: ['one;\ntwo;', 'one;', 'on;'],
      offered: ['one;\ntwo;', 'on;'],
    },
    { what: 'four at most', wrote: ['a', 'b', 'c', 'd', 'e'], offered: ['a', 'b', 'c', 'd'] },
    { what: 'nothing that follows anyway', wrote: ['1;\nconst b = 2;'], offered: ['1;'] },
    { what: 'brackets that fit', wrote: ['call(1, 2'], offered: ['call(1, 2)'] },
  ])('offers $what', ({ wrote, offered }) => {
    expect(
      textsOf(
        request(),
        wrote.map((text) => candidate(text)),
      ),
    ).toEqual(offered);
  });

  it('leaves out the word in which writing was broken off', () => {
    expect(textsOf(request(), [candidate('first + sec', { isWhole: false })])).toEqual(['first +']);
    expect(textsOf(request(), [candidate('sec', { isWhole: false })])).toBe('empty');
  });

  it('offers nothing below the least confidence, which the best candidate decides', () => {
    const unsure = [candidate('one;', { confidence: 0.3 }), candidate('two;', { confidence: 0.9 })];
    expect(textsOf(request({ leastConfidence: 0.4 }), unsure)).toBe('unsure');
    expect(textsOf(request({ leastConfidence: 0.3 }), unsure)).toEqual(['one;', 'two;']);
  });

  it('begins with the selected suggestion and ends lines as the document does', () => {
    const asked = request({ selected: 'length', after: '\r\nnext' });
    expect(textsOf(asked, [candidate('.a;\n.b;')])).toEqual(['length.a;\r\n.b;']);
    expect(offerOf(asked, [candidate('.a')])).toMatchObject({ items: [{ range }], confidence: 0.9 });
  });
});
