import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balanceBrackets, isOnlyClosers, openBrackets } from '../../../../src/server/inline/brackets';

describe('balanceBrackets', () => {
  it.each([
    ['closes a call that is left open', 'foo(a, b', 'x = ', '', 'foo(a, b)'],
    ['closes nested ones in order', 'foo([1, 2', 'x = ', '', 'foo([1, 2])'],
    ['lets a block begin', 'if (x) {', '', '', 'if (x) {'],
    ['closes what was opened before the cursor', 'a)', 'foo(', '', 'a)'],
    ['but not what the rest of the line closes', 'a)', 'foo(', ')', 'a'],
    ['ends before a bracket that nothing opened', 'a } else {', 'x = ', '', 'a'],
    ['does not count brackets in strings', 'print(")")', 'x = ', '', 'print(")")'],
    ['leaves an open call alone when the line goes on', 'foo(a', 'x = ', ' + 1', 'foo(a'],
  ])('%s', (_, completion, before, after, expected) => {
    expect(balanceBrackets(completion, before, after)).toBe(expected);
  });

  it('never closes more than is open', () => {
    const piece = fc.constantFrom('(', ')', '[', ']', '{', '}', 'a', ', ', '\n', '"x"');
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, (completion, before) => {
        const balanced = balanceBrackets(completion, before, '');
        const stack = openBrackets(before);
        for (const bracket of balanced.replace(/"[^"]*"/g, '')) {
          if (bracket === '(') stack.push(')');
          else if (bracket === '[') stack.push(']');
          else if (bracket === '{') stack.push('}');
          else if (')]}'.includes(bracket)) expect(stack.pop()).toBe(bracket);
        }
      }),
    );
  });
});

describe('isOnlyClosers', () => {
  it('knows closing brackets, quotes and separators', () => {
    expect(isOnlyClosers(')}); ')).toBe(true);
    expect(isOnlyClosers(') + more')).toBe(false);
  });
});
