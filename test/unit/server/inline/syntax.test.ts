import { describe, expect, it } from 'vitest';
import { surroundings } from '../../../../src/server/inline/syntax';

describe('surroundings', () => {
  it.each([
    ['let a = 1; // x', 'typescript', 'comment'],
    ['let a = 1; // x\nlet', 'typescript', 'code'],
    ['/* a\n b', 'cpp', 'comment'],
    ['/* a */ b', 'cpp', 'code'],
    ['let a = "b', 'typescript', 'string'],
    ['let a = "b\\"c', 'typescript', 'string'],
    ['let a = "b" + c', 'typescript', 'code'],
    ['`a ${', 'typescript', 'string'],
    ['x = """a\n b', 'python', 'string'],
    ['x = 1  # "', 'python', 'comment'],
    ["fn a<'b>(c: &'b str", 'rust', 'code'],
    ["it's text", 'markdown', 'code'],
  ])('%j in %s is %s', (before, language, expected) => {
    expect(surroundings(before, language)).toBe(expected);
  });
});
