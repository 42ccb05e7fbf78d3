import { describe, expect, it } from 'vitest';
import { describesNothing, standsIn } from '../../../bench/ask/needles';

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

describe('standsIn', () => {
  const texts = [
    '/**\n * Adds a new item\n * to the `history`.\n */\npush(item: string): void;',
    'export class History {}',
  ];

  it('finds a description however it is written as a comment, also over lines', () => {
    expect(standsIn(texts)('Adds a new item to the history')).toBe(true);
    expect(standsIn(['# Adds a new item to the\n# history'])('adds a new item to the history.')).toBe(true);
  });

  it('does not find one of which only a part stands there, or that ends inside a word', () => {
    expect(standsIn(texts)('Adds a new item to the history of commands')).toBe(false);
    expect(standsIn(texts)('Adds a new item to the hist')).toBe(false);
  });
});
