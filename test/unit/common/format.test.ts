import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, plural } from '../../../src/common';

describe('format', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [64_000_000, '64 MB'],
    [2_000_000_000, '2.0 GB'],
  ])('formatBytes(%d) is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0'],
    [999, '999'],
    [1234567.4, '1,234,567'],
  ])('formatCount(%d) is %s', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [0.4, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [99_949, '99.9 s'],
    [185_000, '3 min 05 s'],
  ])('formatDuration(%d) is %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it('plural counts', () => {
    expect([plural(1, 'file'), plural(2, 'file'), plural(0, 'entry', 'entries')]).toEqual([
      '1 file',
      '2 files',
      '0 entries',
    ]);
  });
});
