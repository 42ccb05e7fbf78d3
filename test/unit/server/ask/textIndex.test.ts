import { describe, expect, it } from 'vitest';
import { LineIndex } from '../../../../src/common';
import { spansOf } from '../../../../src/server/ask/spans';
import { codeTerms, questionTerms, termsOf } from '../../../../src/server/ask/terms';
import { TextIndex, spanText } from '../../../../src/server/ask/textIndex';

const source = `import { x } from './x';

/** Opens the store. */
export function openStore(folder: string): Store {
  const file = join(folder, 'data');
  return new Store(file);
}

// How long a request may take.
const REQUEST_TIMEOUT_MS = 4500;
const user_name = 'anna';

class HTTPServer {
  listen(port: number): void {
    this.port = port;
  }
}
`;

describe('termsOf', () => {
  it('keeps identifiers whole and splits camelCase, snake_case and acronyms', () => {
    expect(termsOf('maxPoolSize')).toEqual(['maxpoolsize', 'max', 'pool', 'size']);
    expect(termsOf('user_name2')).toEqual(['user_name2', 'user', 'name']);
    expect(termsOf('HTTPServer')).toEqual(['httpserver', 'http', 'server']);
    expect(termsOf('a + größe')).toEqual(['a', 'größe']);
  });

  it('takes endings off, the same in code and in questions', () => {
    for (const word of ['connects', 'connected', 'connecting', 'connect']) expect(termsOf(word)).toEqual(['connect']);
    for (const word of ['address', 'addresses']) expect(termsOf(word)).toEqual(['address']);
    expect(termsOf('entries is class thing')).toEqual(['entry', 'is', 'class', 'thing']);
  });
});

describe('questionTerms', () => {
  it('leaves out words that say nothing, unless there are no others', () => {
    expect(questionTerms('Where is the request timeout defined?')).toEqual(['request', 'timeout']);
    expect(questionTerms('what is it?')).toEqual(['what', 'is', 'it']);
  });

  it('finds what is written like code', () => {
    expect(codeTerms("what is user_name or maxSize or HTTP or 'two words' or Plain")).toEqual([
      'two words',
      'user_name',
      'maxSize',
      'HTTP',
    ]);
  });
});

describe('spansOf', () => {
  it('covers every line with text exactly once, definitions with their comments together', () => {
    const lines = new LineIndex(source);
    const spans = spansOf(lines);
    const covered = spans.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i));
    expect(new Set(covered).size).toBe(covered.length);
    for (let line = 0; line < lines.lineCount; line++) {
      if (lines.lineText(line).trim() !== '') expect(covered).toContain(line);
    }
    const store = spans.find((span) => spanText(lines, span).includes('openStore'))!;
    expect(spanText(lines, store)).toContain('/** Opens the store. */');
  });

  it('cuts long runs', () => {
    const spans = spansOf(new LineIndex('x();\n'.repeat(100)));
    expect(Math.max(...spans.map(({ start, end }) => end - start))).toBeLessThanOrEqual(16);
  });

  it('has none for a text without words', () => expect(spansOf(new LineIndex('\n\n  \n'))).toEqual([]));
});

describe('TextIndex', () => {
  const lines = new LineIndex(source);
  const index = new TextIndex([new LineIndex('nothing here\n'), lines]);

  it.each([
    ['request timeout', 'REQUEST_TIMEOUT_MS'],
    ['how to open the store?', 'openStore'],
    ['http server port', 'HTTPServer'],
    ['user name', 'user_name'],
  ])('finds for "%s" the span with %s', (question, expected) => {
    const [hit] = index.search(question, 5);
    expect(hit?.document).toBe(1);
    expect(spanText(lines, hit!.span)).toContain(expected);
  });

  it('measures how much of the question a span has', () => {
    expect(index.search('request timeout', 1)[0]!.coverage).toBeCloseTo(1);
    expect(index.search('request zorkmid frobnication', 1)[0]!.coverage).toBeLessThan(0.4);
    expect(index.search('zorkmid', 5)).toEqual([]);
  });

  it('knows the span of a line', () => {
    expect(index.placeOf(0, 0)).toMatchObject({ document: 0, span: { start: 0 } });
    const place = index.placeOf(1, 9)!;
    expect(place.document).toBe(1);
    expect(place.span.start).toBeLessThanOrEqual(9);
    expect(place.span.end).toBeGreaterThan(9);
  });
});
