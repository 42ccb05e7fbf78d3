import { describe, expect, it } from 'vitest';
import { cut, type FarCase } from '../../../bench/far/cases';
import { kinds, languages, marks, parseForms, readForms } from '../../../bench/far/forms';
import { judge } from '../../../bench/far/judge';
import { WordSource } from '../../../bench/far/words';
import { seededRandom } from '../../../src/engine/random';

describe('the forms of the far bench', () => {
  for (const language of languages) {
    const forms = readForms(language);

    it(`has several of every kind in ${language}`, () => {
      for (const kind of kinds) expect(forms.filter((form) => form.kind === kind).length, kind).toBeGreaterThan(2);
    });

    it(`expects in ${language} what only the definition tells`, () => {
      for (const { kind, definition, uses } of forms) {
        for (const { text } of uses) {
          const { before, expected, rest, after } = cut(text, true);
          const use = `${before} ${rest} ${after}`;
          const words = expected[0]!.match(/[\w.-]*\w/g)!;
          expect(
            words.some((word) => definition.text.includes(word)),
            `${expected[0]}: ${text}`,
          ).toBe(true);
          // Arguments are named like the parameters: only their order has to be known.
          if (kind === 'arguments') expect(use).not.toContain(expected[0]);
          else expect(use.match(/[\w.-]*\w/g), text).not.toContain(words[0]);
        }
      }
    });
  }

  it('tells which form is wrong', () => {
    expect(() => parseForms('=== colour\n', 'go')).toThrow('no kind is called colour');
    expect(() => parseForms('=== enum\n--- define top\na\n--- use top\nb\n', 'go')).toThrow('one place to complete');
  });
});

describe('what stands around the marks', () => {
  const use = `print(«a, b${marks.or}x»)\nend`;

  it('leaves what an editor closes by itself, or nothing', () => {
    expect(cut(use, true)).toEqual({ before: 'print(', expected: ['a, b', 'x'], rest: ')', after: '\nend' });
    expect(cut(use, false).rest).toBe('');
  });

  it('leaves the line that opens a block, and one that is marked', () => {
    expect(cut('if a == «b» {\n}', false).rest).toBe(' {');
    expect(cut('f(«a»… + 1)', false).rest).toBe(' + 1)');
  });
});

describe('words of a document', () => {
  it('replaces a word in every case of letters by the same one, and takes none from the text', () => {
    const words = new WordSource('a quarry and a WINCH', seededRandom(1));
    const renamed = words.renaming()('kiln KILN_DRIFT Kiln drift');
    const [thing, constant, type, trait] = renamed.split(' ');
    expect(thing).not.toMatch(/quarry|winch/);
    expect(constant).toBe(`${thing}_${trait}`.toUpperCase());
    expect(type!.toLowerCase()).toBe(thing);
    expect(words.renaming()('kiln')).not.toBe(thing);
  });

  it('changes the digits of numbers and keeps their form', () => {
    const renamed = new WordSource('', seededRandom(2)).renaming()('417 0.385 v36 1417 QZX-8230');
    expect(renamed).toMatch(/^[1-9]{3} 0\.[1-9]{3} v[1-9]{2} 1417 [A-Z]{3}-[1-9]{4}$/);
  });
});

describe('judging an offer', () => {
  const one: FarCase = {
    id: '',
    language: 'typescript',
    kind: 'members',
    length: 1024,
    distance: 1024,
    prefix: 'interface Gauge { averageDrift(): number }\ngauge.',
    suffix: '\n}',
    pastedPrefix: '',
    expected: ['averageDrift()', '417'],
    definition: 'interface Gauge { averageDrift(): number }',
  };
  const verdict = (offer: string | undefined, changed: Partial<FarCase> = {}): string =>
    judge({ ...one, ...changed }, offer, []);

  it('is right when the expected tokens come first, however they are spaced', () => {
    expect(verdict('averageDrift( ) + 1;')).toBe('right');
    expect(verdict('4_17;')).toBe('right');
    expect(verdict('417L')).toBe('right');
  });

  it('is not right when another word or number only begins so', () => {
    expect(verdict('4170')).not.toBe('right');
    expect(verdict('417.5')).not.toBe('right');
    expect(verdict('averageDrifts()')).not.toBe('right');
  });

  it('tells a member that is not there from a wrong one and from none', () => {
    expect(verdict('meanDrift()')).toBe('invented');
    expect(verdict('averageDrift;')).toBe('wrong');
    expect(verdict(' ')).toBe('nothing');
    expect(verdict(undefined)).toBe('nothing');
  });

  it('lets an offer declare names, and say what it likes in strings', () => {
    const free = { kind: 'value', prefix: 'x = ' } as const;
    expect(verdict('gauge + 1', { ...free, prefix: 'gauge = ' })).toBe('wrong');
    expect(verdict('"no such word"', free)).toBe('wrong');
    expect(verdict('const fresh = x', free)).toBe('wrong');
    expect(verdict('elsewhere + 1', free)).toBe('invented');
  });
});
