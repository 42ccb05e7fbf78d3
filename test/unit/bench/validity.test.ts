import { describe, expect, it } from 'vitest';
import { closedAfter, kinds, placesIn } from '../../../bench/validity/places';
import { seededRandom } from '../../../src/engine/random';

const text = 'function f(a) {\n  return g(a, [1]);\n}\n\nconst b = f({ c: 2 });\n';

describe('places of the validity bench', () => {
  const places = placesIn(text, 30, seededRandom(3));

  it('takes away the rest of one line, and nothing else', () => {
    expect(new Set(places.map(({ kind }) => kind))).toEqual(new Set(kinds));
    for (const { kind, prefix, suffix } of places) {
      const [before, after] = [prefix.split('\n'), suffix.split('\n')];
      expect(before.length + after.length - 1).toBe(text.split('\n').length);
      expect(text.startsWith(prefix)).toBe(true);
      expect(text.endsWith(suffix.slice(after[0]!.length))).toBe(true);
      expect(after[0]).toBe(kind === 'rest of a line, closed' ? closedAfter(before.at(-1)!) : '');
      if (kind === 'whole line') expect(before.at(-1)!.trim()).toBe('');
    }
  });

  it('begins with the last one, so that the text before the next is as it was', () => {
    const ends = places.map(({ prefix }) => prefix.length);
    expect(ends).toEqual(ends.toSorted((a, b) => b - a));
  });
});

describe('what an editor closes by itself', () => {
  it('is what is open in the line, outside of strings', () => {
    expect(closedAfter('f({ a: [1, g(")")')).toBe(']})');
    expect(closedAfter('} else if (a')).toBe(')');
    expect(closedAfter('f(a)')).toBe('');
  });
});
