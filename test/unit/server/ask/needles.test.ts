import { describe, expect, it } from 'vitest';
import { describesNothing, standsIn } from '../../../../bench/ask/needles';
import { packages } from '../../../../bench/ask/packages';
import { describedFunctions } from '../../../../bench/ask/source';

describe('a description without names', () => {
  /** The masked description of a function of this name, beside other code. */
  async function masked(description: string, name = 'openSource', code = ''): Promise<string | undefined> {
    const text = `${code}\n/** ${description} */\nfunction ${name}(a) {\n  const b = a;\n  return b;\n}\n`;
    const [one] = await describedFunctions({ package: packages[0]!, path: 'a.ts', text });
    return one?.masked;
  }

  it('has lost code, links, what it describes, and names in capitals', async () => {
    expect(await masked('Opens the source `input`, as {@link Reader} and openSource do it for maxSize bytes.')).toBe(
      'Opens the source as and do it for bytes.',
    );
    const named = 'Adds the RR of a zone to the message and sends it';
    expect(await masked(named, 'append', 'const RR = 1;')).toBe('Adds the of a zone to the message and sends it');
    expect(await masked('Sets the SRC that is read from now on', 'setSrc')).toBe('Sets the that is read from now on');
  });

  it('keeps values that a language has a word for, and abbreviations', async () => {
    const text = 'Returns `true` if the URL of the JSON file is given, `null` or `-1` otherwise.';
    expect(await masked(text)).toBe('Returns true if the URL of the JSON file is given, null or -1 otherwise.');
  });
});

describe('describesNothing', () => {
  it.each([
    'TODO: If revisiting this code, consider proxy.',
    'XXX(someone) put graph transformation here',
    '- FIXME the limit is wrong on Windows',
    '{@inheritDoc} The container must be started first.',
    ':param height: The required height for this divider.',
  ])('holds for "%s"', (text) => expect(describesNothing(text)).toBe(true));

  it.each([
    'Hacky way to recognize some kinds of false dependencies',
    'Parses todo lists of a project into tasks.',
    'Returns the source text. TODO: tell of the encoding',
    'Inherits settings from the parent container.',
    'The param that was given last, or the type of it.',
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
