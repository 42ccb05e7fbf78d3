import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowWindow, scrollToRow } from '../../../../src/webview/memory/window';

describe('rows in sight', () => {
  it('are all drawn, and not many more, for lists of any length', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(3_000_000), fc.integer({ min: 1, max: 2000 }), (rows, scrollTop, height) => {
        const { first, end } = rowWindow(rows, 22, scrollTop, height);
        const firstSeen = Math.floor(scrollTop / 22);
        const lastSeen = Math.min(rows - 1, Math.ceil((scrollTop + height) / 22) - 1);
        if (firstSeen <= lastSeen) {
          expect(first).toBeLessThanOrEqual(firstSeen);
          expect(end).toBeGreaterThan(lastSeen);
        }
        expect(end).toBeLessThanOrEqual(rows);
        expect(end - first).toBeLessThanOrEqual(height / 22 + 20);
      }),
    );
  });

  it('a row is scrolled to as little as possible', () => {
    expect(scrollToRow(3, 20, 100, 200)).toBe(60);
    expect(scrollToRow(20, 20, 100, 200)).toBe(220);
    expect(scrollToRow(8, 20, 100, 200)).toBe(100);
  });
});
