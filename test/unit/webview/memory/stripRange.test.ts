import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binRange, moved, showing, zoomed, type StripRange } from '../../../../src/webview/memory/stripRange';

const tokens = fc.integer({ min: 1, max: 1_000_000 });
const range = tokens.chain((all) =>
  fc
    .record({ from: fc.integer({ min: 0, max: all - 1 }), width: fc.integer({ min: 1, max: all }) })
    .map(({ from, width }): { all: number; range: StripRange } => ({
      all,
      range: { from, to: Math.min(all, from + width) },
    })),
);

function expectInside({ from, to }: StripRange, all: number): void {
  expect(from).toBeGreaterThanOrEqual(0);
  expect(to).toBeGreaterThan(from);
  expect(to).toBeLessThanOrEqual(all);
}

describe('the part of a file that the map shows', () => {
  it('stays inside the file however it is zoomed and moved', () => {
    fc.assert(
      fc.property(range, fc.double({ min: 0.01, max: 100, noNaN: true }), fc.nat(1_000_000), (shown, factor, at) => {
        const around = at % shown.all;
        expectInside(zoomed(shown.range, shown.all, around, factor), shown.all);
        expectInside(moved(shown.range, shown.all, at - 500_000), shown.all);
        const now = showing(shown.range, shown.all, around);
        expectInside(now, shown.all);
        expect(around).toBeGreaterThanOrEqual(now.from);
        expect(around).toBeLessThan(now.to);
      }),
    );
  });

  it('keeps the token under the pointer where it is', () => {
    const shown = zoomed({ from: 0, to: 100_000 }, 100_000, 25_000, 0.5);
    expect(shown).toEqual({ from: 12_500, to: 62_500 });
  });

  it('counts every note of the range in exactly one bar', () => {
    fc.assert(
      fc.property(range, fc.array(fc.nat(999_999)), fc.integer({ min: 1, max: 400 }), (shown, positions, bins) => {
        const sorted = positions.toSorted((a, b) => a - b);
        const counts = binRange(sorted, shown.range, bins);
        const inside = sorted.filter((at) => at >= shown.range.from && at < shown.range.to).length;
        expect(counts.reduce((a, b) => a + b, 0)).toBe(inside);
      }),
    );
  });
});
