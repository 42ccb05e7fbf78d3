import { describe, expect, it } from 'vitest';
import { describesNothing } from '../../../bench/ask/needles';

describe('describesNothing', () => {
  it.each([
    'TODO: If revisiting this code, consider proxy.',
    'XXX(someone) put graph transformation here',
    '- FIXME the limit is wrong on Windows',
    '{@inheritDoc} The container must be started first.',
  ])('holds for "%s"', (text) => expect(describesNothing(text)).toBe(true));

  it.each([
    'Hacky way to recognize some kinds of false dependencies',
    'Parses todo lists of a project into tasks.',
    'Returns the source text. TODO: tell of the encoding',
    'Inherits settings from the parent container.',
  ])('does not hold for "%s"', (text) => expect(describesNothing(text)).toBe(false));
});
