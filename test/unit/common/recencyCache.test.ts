import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecencyCache } from '../../../src/common';

describe('RecencyCache', () => {
  it('holds what was used last', () => {
    const cache = new RecencyCache<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
  });

  it('holds one that is larger than the limit alone', () => {
    const cache = new RecencyCache<string, string>(5, ({ length }) => length);
    cache.set('a', 'abc');
    cache.set('b', 'longer than five');
    expect([cache.get('a'), cache.get('b'), cache.weight]).toEqual([undefined, 'longer than five', 16]);
    cache.set('b', 'ab');
    expect(cache.weight).toBe(2);
  });

  it('agrees with a list in the order of use', () => {
    const limit = 10;
    const step = fc.record({ key: fc.nat(5), weight: fc.option(fc.integer({ min: 1, max: 12 })), drops: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const cache = new RecencyCache<number, { weight: number }>(limit, ({ weight }) => weight);
        let list: { key: number; weight: number }[] = [];
        const sum = (): number => list.reduce((all, { weight }) => all + weight, 0);
        for (const { key, weight, drops } of steps) {
          const found = list.find((entry) => entry.key === key);
          if (weight !== null) {
            cache.set(key, { weight });
            list = [...list.filter((entry) => entry.key !== key), { key, weight }];
            while (sum() > limit && list.length > 1) list.shift();
          } else if (drops) {
            cache.delete(key);
            list = list.filter((entry) => entry.key !== key);
          } else {
            expect(cache.get(key)?.weight).toBe(found?.weight);
            if (found) list = [...list.filter((entry) => entry !== found), found];
          }
          expect(cache.weight).toBe(sum());
        }
      }),
    );
  });
});
