import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack, roundNumbers, unpack } from '../../../src/engine/rounding';

const group = 8;
const numbers = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
    minLength: 3 * group,
    maxLength: 3 * group,
  })
  .map((list) => Float32Array.from(list));

const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);

describe('rounding', () => {
  it('changes nothing the second time, and packing what was rounded loses nothing', () => {
    fc.assert(
      fc.property(numbers, (data) => {
        const once = roundNumbers(data.slice(), group);
        expect(bits(roundNumbers(once.slice(), group))).toEqual(bits(once));
        expect(bits(unpack(pack(once, group)))).toEqual(bits(once));
      }),
    );
  });

  it('moves a number by half a step of its group at most, a 127th of the largest', () => {
    fc.assert(
      fc.property(numbers, (data) => {
        const rounded = roundNumbers(data.slice(), group);
        for (let at = 0; at < data.length; at += group) {
          const peak = Math.max(...data.subarray(at, at + group).map(Math.abs));
          // Scales have eight bits; below the smallest of them, everything is zero.
          const most = (peak / 127) * 0.51 + 1e-36;
          for (let i = at; i < at + group; i++) expect(Math.abs(rounded[i]! - data[i]!)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('has no negative zero, which would come back as zero', () => {
    const rounded = roundNumbers(Float32Array.of(127, -0.1, -0, 0, 1, 2, 3, 4), group);
    expect(rounded.some((x) => Object.is(x, -0))).toBe(false);
  });
});
