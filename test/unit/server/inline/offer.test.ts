import { describe, expect, it } from 'vitest';
import { BracketInsertion } from '../../../../src/server/inline/bracketInsertion';
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
  line: { indent: 0, isBlank: false },
  mustWrite: false,
  leastConfidence: 0,
  ...change,
});
const candidate = (text: string, { confidence = 0.9, isWhole = true } = {}) => ({ text, confidence, isWhole });

function offer(asked: InlineRequest, candidates: Parameters<typeof offerOf>[1]): ReturnType<typeof offerOf> {
  return offerOf(asked, candidates, new BracketInsertion(asked.before, asked.after, 'sql'));
}

function textsOf(...args: Parameters<typeof offer>): unknown[] | string {
  const made = offer(...args);
  return made.kind === 'nothing' ? made.why : made.items.map(({ insertText }) => insertText);
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

  it('leaves out the line in which writing was broken off', () => {
    expect(textsOf(request(), [candidate('first;\nsec', { isWhole: false })])).toEqual(['first;']);
    expect(textsOf(request(), [candidate('first + sec', { isWhole: false })])).toBe('empty');
  });

  it('offers the next candidate where the best one does not fit', () => {
    expect(textsOf(request(), [candidate('a = );'), candidate('call(1);')])).toEqual(['a =', 'call(1);']);
    expect(textsOf(request(), [candidate(') + 1'), candidate('call(1);')])).toEqual(['call(1);']);
  });

  it('offers nothing below the least confidence, which the best candidate decides', () => {
    const unsure = [candidate('one;', { confidence: 0.3 }), candidate('two;', { confidence: 0.9 })];
    expect(textsOf(request({ leastConfidence: 0.4 }), unsure)).toBe('unsure');
    expect(textsOf(request({ leastConfidence: 0.3 }), unsure)).toEqual(['one;', 'two;']);
    const [one, two] = unsure as [(typeof unsure)[0], (typeof unsure)[0]];
    expect(textsOf(request({ leastConfidence: 0.4 }), [two, one])).toEqual(['two;']);
  });

  it('begins with the selected suggestion and ends lines as the document does', () => {
    const asked = request({ selected: 'length', after: '\r\nnext' });
    expect(textsOf(asked, [candidate('.a;\n.b;')])).toEqual(['length.a;\r\n.b;']);
    expect(offer(asked, [candidate('.a')])).toMatchObject({ items: [{ range }], confidence: 0.9 });
  });
});
