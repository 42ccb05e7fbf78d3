import { describe, expect, it } from 'vitest';
import { resultOf, variantsOf, type Measured, type Variant } from '../../../bench/infillVariants';
import { readOptions, type optionTypes } from '../../../bench/options';

describe('variantsOf', () => {
  it('is the way of the extension unless something else is asked for', () => {
    expect(variantsOf({}, true)).toEqual([{ name: '8 lines', usesNgrams: true, lines: 8 }]);
    expect(variantsOf({ lookup: [true, false] }, false)).toEqual([{ name: '8 lines', usesNgrams: false, lines: 8 }]);
  });

  it('is every combination once', () => {
    const names = variantsOf({ considered: [8, 1], lookup: [true, false] }, true).map(({ name }) => name);
    expect(names).toEqual(['8 lines', 'greedy', 'no lookup, 8 lines', 'no lookup, greedy']);
  });

  it('comes from the command line', () => {
    const read = (values: Partial<Record<keyof typeof optionTypes, string>>) =>
      readOptions({ provider: 'cpu', ...values }, { modelDir: '', out: '' });
    expect(read({ lookup: 'off', considered: '8,1' })).toMatchObject({ lookup: [false], considered: [8, 1] });
    expect(() => read({ lookup: 'yes' })).toThrow('--lookup yes');
  });
});

describe('the comparison', () => {
  it('tells what one variant gains and loses beside the first', () => {
    const [first, second] = variantsOf({ considered: [8, 1] }, true) as [Variant, Variant];
    const measured = (variant: Variant, right: readonly boolean[]): Measured => ({
      variant,
      outcomes: right.map((isRight, i) => ({ language: i % 2 === 0 ? 'c' : 'go', confidence: i / 4, isRight })),
    });
    const base = measured(first, [true, true, false, false, false]);
    const result = resultOf(measured(second, [false, true, true, true, false]), base);
    expect(result).toMatchObject({
      lookup: true,
      lines: 1,
      cases: 5,
      right: 3,
      gained: 2,
      lost: 1,
      languages: { c: { cases: 3, right: 1 }, go: { cases: 2, right: 2 } },
    });
    expect(result.rightOffered).toBeLessThanOrEqual(result.offered);
  });
});
