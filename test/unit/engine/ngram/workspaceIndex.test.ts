import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesPerToken, maxMatchLength, minOtherFileMatch, WorkspaceIndex } from '../../../../src/engine/ngram';
import type { NgramMatch } from '../../../../src/engine/ngram';
import { seededRandom } from '../../../../src/engine/random';
import { counted } from '../../../support/counted';

interface File {
  key: string;
  tokens: number[];
}

/** What followed matches of the last tokens in all files but one, by checking every position. */
function slowly(files: readonly File[], own: string, last: number[]): NgramMatch[] {
  const places = files
    .filter(({ key }) => key !== own)
    .flatMap((file) =>
      file.tokens.flatMap((id, at) => {
        let length = 0;
        while (
          length < Math.min(maxMatchLength, at, last.length) &&
          file.tokens[at - 1 - length] === last.at(-1 - length)
        )
          length++;
        return length >= minOtherFileMatch ? [{ id, length }] : [];
      }),
    );
  const longest = Math.max(0, ...places.map(({ length }) => length));
  const best = new Map<number, number>();
  for (const { id, length } of places) best.set(id, Math.max(best.get(id) ?? 0, length));
  const bestPlaces = places.filter(({ id, length }) => best.get(id) === length);
  return Array.from(best, ([id, length]) => {
    const own = bestPlaces.filter((place) => place.id === id);
    const total = bestPlaces.filter((place) => place.length === length).length;
    return {
      id,
      length,
      isLongest: length === longest,
      share: own.length / total,
    };
  });
}

const sorted = (found: NgramMatch[]): NgramMatch[] => found.toSorted((a, b) => a.id - b.id);
const ids = (count: number): fc.Arbitrary<number[]> => fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: count });
const key = fc.constantFrom('a', 'b', 'c', 'd');
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ key, tokens: ids(40) }) },
  { weight: 1, arbitrary: fc.record({ key }) },
);
/** An index whose files have this many tokens, all of them different. */
function filled(limit: number, count: number, length: number): WorkspaceIndex {
  const index = new WorkspaceIndex(16_384, limit);
  const random = seededRandom(1);
  for (let i = 0; i < count; i++) {
    const tokens = new Uint32Array(length);
    for (let at = 0; at < length; at++) tokens[at] = Math.floor(random() ** 3 * 16_384);
    index.set(String(i), tokens);
  }
  return index;
}

describe('WorkspaceIndex', () => {
  it('finds what looking at every place of the files that are there finds', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), key, ids(40), (changes, own, last) => {
        const index = new WorkspaceIndex(5, 10_000);
        const files = new Map<string, File>();
        // Created before there is any file: searches what exists at the time of the search.
        const otherFiles = index.excluding(own);
        for (const one of changes) {
          if ('tokens' in one) {
            index.set(one.key, Uint32Array.from(one.tokens));
            files.set(one.key, one);
          } else {
            index.delete(one.key);
            files.delete(one.key);
          }
          expect(sorted(otherFiles.matches(last))).toEqual(sorted(slowly([...files.values()], own, last)));
        }
      }),
    );
  });

  it('keeps what is there when it clears away what is gone', () => {
    const index = new WorkspaceIndex(100, 1_000_000);
    index.set('kept', Uint32Array.of(7, 8, 9));
    const long = Uint32Array.from({ length: 50_000 }, (_, i) => 10 + (i % 80));
    for (let i = 0; i < 20; i++) index.set('edited', long);
    expect(index.excluding('').matches([7, 8])).toEqual([{ id: 9, length: 2, isLongest: true, share: 1 }]);
    expect(index.files).toBe(2);
    expect(index.bytes).toBeLessThan(300_000 * bytesPerToken);
  });

  it('lets the oldest files go where there is no more room, and takes no more memory than that', () => {
    const index = filled(200_000, 100, 5000);
    expect(index.files).toBeGreaterThan(30);
    expect(index.files).toBeLessThanOrEqual(40);
    expect([index.has('0'), index.has('99')]).toEqual([false, true]);
    expect(index.bytes).toBeLessThan(1.5 * 200_000 * bytesPerToken + 2_000_000);
    index.set('too large', new Uint32Array(300_000));
    expect(index.has('too large')).toBe(false);
    index.setLimit(20_000);
    expect(index.files).toBeLessThanOrEqual(4);
    index.setLimit(0);
    expect([index.files, index.bytes]).toEqual([0, 0]);
    index.setLimit(20_000);
    index.set('again', Uint32Array.of(1, 2, 3));
    expect(index.excluding('').matches([1, 2])).toHaveLength(1);
  });

  it('finds a file that is read again as it is now, and as the latest', () => {
    const index = new WorkspaceIndex(10, 11);
    index.set('a', Uint32Array.of(1, 2, 3));
    index.set('b', Uint32Array.of(1, 2, 4));
    index.set('a', Uint32Array.of(1, 2, 5));
    expect(
      index
        .excluding('b')
        .matches([1, 2])
        .map(({ id }) => id),
    ).toEqual([5]);
    index.set('c', Uint32Array.of(1, 2, 6));
    expect([index.has('a'), index.has('b'), index.has('c')]).toEqual([true, false, true]);
  });

  it('compares a bounded number of places, however many there are and however often the same run occurs', () => {
    const random = seededRandom(2);
    const runs = Array.from({ length: 200 }, (_, i) =>
      i % 4 === 0
        ? new Array<number>(maxMatchLength).fill(3)
        : Array.from({ length: maxMatchLength }, () => Math.floor(random() ** 3 * 200)),
    );
    const most = (copies: number): number => {
      const index = filled(1_000_000, 20 * copies, 4000);
      for (let i = 0; i < copies; i++) index.set(`same ${i}`, new Uint32Array(5000).fill(3));
      const otherFiles = index.excluding('1');
      return Math.max(
        ...runs.map((run) => {
          const last = counted(run);
          otherFiles.matches(last.tokens);
          return last.reads();
        }),
      );
    };
    const [few, many] = [most(1), most(10)];
    expect(few).toBeGreaterThan(maxMatchLength);
    expect(many).toBeLessThanOrEqual(1.1 * few);
  });

  it('wants a vocabulary that fits', () => {
    expect(() => new WorkspaceIndex(70_000, 10)).toThrow(RangeError);
  });
});
