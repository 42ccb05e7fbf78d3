import { describe, expect, it } from 'vitest';
import { dropLoops, dropRepeats } from '../../../../src/server/inline/repeats';

describe('dropRepeats', () => {
  it.each([
    ['the closers after the cursor', 'value + 1);', ');', 'value + 1'],
    ['a word after the cursor', 'count: number', ' number', 'count:'],
    ['the whole rest of the line', 'name', 'name', ''],
    ['lines that follow', 'a();\nb();\nreturn c;', '\nreturn c;\n}', 'a();\nb();'],
    ['a lone bracket as the last line', '  a();\n}', '\n}\n', '  a();'],
    ['white space at the end', 'a + b  \n', '\n', 'a + b'],
    ['lines with CRLF', 'a();\r\nreturn c;', '\r\nreturn c;\r\n', 'a();'],
  ])('takes out %s', (_, completion, after, expected) => {
    expect(dropRepeats(completion, after)).toBe(expected);
  });

  it('leaves alone what does not repeat', () => {
    expect(dropRepeats('if (a) {\n  b();\n}', '\n\nother();')).toBe('if (a) {\n  b();\n}');
    expect(dropRepeats('a + b', '')).toBe('a + b');
  });
});

describe('dropCircles', () => {
  it.each([
    ['a letter', 'ab nnnnnnnnnn', 'ab '],
    ['a call', 'x = f(f(f(f(f(f(', 'x = '],
    ['a line', 'a\n  const isShared = state;\n  const isShared = state;', 'a\n  const isShared = state;'],
    ['nothing in good code', 'a = [0, 0, 0];\n// ------------\n}\n}\n', 'a = [0, 0, 0];\n// ------------\n}\n}\n'],
  ])('ends at %s', (_, completion, expected) => {
    expect(dropLoops(completion)).toBe(expected);
  });
});
