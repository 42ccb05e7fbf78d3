import { describe, expect, it } from 'vitest';
import { bestSetting, resultOf, variantsOf, type Measured, type Variant } from '../../../bench/infillVariants';
import { readOptions, type optionTypes } from '../../../bench/options';

const own = { shown: 0, back: 32 };

describe('variantsOf', () => {
  it('is the model’s own way unless something else is asked for', () => {
    expect(variantsOf({}, own, true)).toEqual([{ name: 'nothing behind', infill: own, looksUp: true, lines: 8 }]);
    expect(variantsOf({ lookup: [true, false] }, own, false)).toMatchObject([{ infill: own, looksUp: false }]);
  });

  it('is every combination once, where nothing is shown the place does not matter', () => {
    const names = variantsOf({ shown: [0, 32], back: [32, 64], lookup: [true, false] }, own, true).map(
      ({ name }) => name,
    );
    expect(names).toEqual([
      'nothing behind',
      '32 behind, 32 back',
      '32 behind, 64 back',
      'nothing behind, no lookup',
      '32 behind, 32 back, no lookup',
      '32 behind, 64 back, no lookup',
    ]);
  });

  it('comes from the command line', () => {
    const read = (values: Partial<Record<keyof typeof optionTypes, string>>) =>
      readOptions({ provider: 'cpu', ...values }, { modelDir: '', out: '' });
    expect(read({ shown: '0,64', back: '48', lookup: 'off' })).toMatchObject({
      shown: [0, 64],
      back: [48],
      lookup: [false],
    });
    expect(() => read({ shown: 'many' })).toThrow('--shown many');
    expect(() => read({ back: '0' })).toThrow('--back 0');
    expect(() => read({ lookup: 'yes' })).toThrow('--lookup yes');
  });
});

describe('the comparison', () => {
  const [none, some, alone]: Variant[] = variantsOf({ shown: [0, 32] }, own, true).concat(
    variantsOf({ shown: [32], lookup: [false] }, own, true),
  );
  const measured = (variant: Variant, right: readonly boolean[]): Measured => ({
    variant,
    outcomes: right.map((isRight, i) => ({ language: i % 2 === 0 ? 'c' : 'go', confidence: i / 4, isRight })),
  });
  const all = [
    measured(none!, [true, true, false, false, false]),
    measured(some!, [false, true, true, true, false]),
    measured(alone!, [true, true, true, true, true]),
  ];

  it('tells what one variant gains and loses beside the first', () => {
    expect(resultOf(all[1]!, all[0]!)).toMatchObject({
      shown: 32,
      back: 32,
      cases: 5,
      right: 3,
      gained: 2,
      lost: 1,
      languages: { c: { cases: 3, right: 1 }, go: { cases: 2, right: 2 } },
    });
    expect(resultOf(all[1]!, all[0]!).rightOffered).toBeLessThanOrEqual(resultOf(all[1]!, all[0]!).offered);
  });

  it('takes the best over all kinds, as the extension completes, and the earlier one of equals', () => {
    expect(bestSetting([all])).toMatchObject({ shown: 32, back: 32, measured: { cases: 5 } });
    const other = [
      measured(none!, [true, true, true]),
      measured(some!, [true, true, false]),
      measured(alone!, [true, true, true]),
    ];
    expect(bestSetting([all, other])).toMatchObject({ shown: 0, back: 32, measured: { cases: 8 } });
  });
});
