import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeLength, optionTypes, parseLength, readOptions } from '../../../bench/options';
import { heatMap } from '../../../bench/recall/heatMap';
import { append, readRecords, type CaseRecord } from '../../../bench/recall/records';
import { describeSummary, summarize } from '../../../bench/recall/summary';
import { bootstrap, quantile, wilson } from '../../../bench/statistics';
import { temporaryFolder } from '../../support/folder';

const one = (plan: string, right: boolean, more: Partial<CaseRecord> = {}): CaseRecord => ({
  type: 'case',
  model: 'm',
  provider: 'cpu',
  plan,
  item: 0,
  mode: 'single',
  length: 4096,
  kind: 'passkey',
  defined: 'seen',
  asked: 'seen',
  form: 'code',
  depth: 0.5,
  expected: '12345',
  got: '12345',
  right,
  ...more,
});

describe('statistics', () => {
  it('gives the published Wilson intervals', () => {
    // Newcombe 1998, table I: 81 of 263 and 0 of 20.
    expect(wilson(81, 263).low).toBeCloseTo(0.2553, 3);
    expect(wilson(81, 263).high).toBeCloseTo(0.3662, 3);
    expect(wilson(0, 20).high).toBeCloseTo(0.1611, 3);
    expect(wilson(0, 0)).toMatchObject({ low: 0, high: 1 });
  });

  it('bootstraps an interval around the mean, and none where draws have no value', () => {
    const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
    const numbers = Array.from({ length: 100 }, (_, i) => i % 10);
    const { low, high } = bootstrap(numbers, mean)!;
    // Mean 4.5, standard error 0.287.
    expect(low).toBeGreaterThan(3.8);
    expect(low).toBeLessThan(4.1);
    expect(high).toBeLessThan(5.2);
    expect(high).toBeGreaterThan(4.9);
    expect(bootstrap(numbers, () => Number.NaN)).toBeUndefined();
  });

  it('takes quantiles by the nearest rank', () => {
    expect([0, 0.5, 0.95, 1].map((part) => quantile([5, 1, 4, 2, 3], part))).toEqual([1, 3, 5, 5]);
  });
});

describe('records', () => {
  it('survive a cut run and are merged without counting a case twice', async () => {
    const folder = await temporaryFolder();
    const [a, b] = [join(folder, 'results/a.jsonl'), join(folder, 'b.jsonl')];
    append(a, [one('p1', true), one('p2', false)]);
    appendFileSync(a, '{"type":"case","model":"m","pl');
    append(b, [one('p2', true), one('p3', true), one('p1', true, { form: 'question' })]);
    const merged = readRecords([a, b, join(folder, 'missing.jsonl')]) as CaseRecord[];
    expect(merged.map(({ plan, form, right }) => [plan, form, right])).toEqual([
      ['p1', 'code', true],
      ['p2', 'code', false],
      ['p3', 'code', true],
      ['p1', 'question', true],
    ]);
  });

  it('become tables and a picture, for one model and provider', () => {
    const records = [
      ...Array.from({ length: 4 }, (_, i) => one(`p${i}`, i > 0)),
      one('q', false, { depth: 0.98, defined: 'new' }),
      one('other', false, { model: 'another' }),
      one('none', true, { kind: 'absent8', depth: null, expected: null, form: 'question', defined: null }),
    ];
    const summary = summarize(records, { model: 'm', provider: 'cpu', corpus: 'c < d', mode: 'single' });
    expect(summary.cells.map(({ depth, hits, cases }) => [depth, hits, cases])).toEqual([
      [0.5, 3, 4],
      [1, 0, 1],
    ]);
    const rows = summary.rows.map(({ kind, dress, hits, cases, worstDepth }) => [kind, dress, hits, cases, worstDepth]);
    expect(rows).toEqual([
      ['passkey', 'all', 3, 5, 0],
      ['passkey', 'new/seen', 0, 1, null],
      ['passkey', 'seen/seen', 3, 4, null],
      ['every kind', 'new/seen', 0, 1, null],
      ['every kind', 'seen/seen', 3, 4, null],
    ]);
    expect(summary.absent).toMatchObject([{ kind: 'absent8', length: 4096, hits: 1, cases: 1 }]);
    expect(describeSummary(summary)).toContain('4k passkey, code: 60.0 % (23.1-88.2) of 5, worst depth 0 %');
    const viewModel = heatMap(summary);
    expect(viewModel.match(/<title>/g)).toHaveLength(2);
    expect(viewModel).toContain('75 % of 4');
    expect(viewModel).toContain('c &lt; d');
    expect(viewModel).not.toMatch(/NaN|undefined/);
  });
});

describe('options', () => {
  const read = (values: object): ReturnType<typeof readOptions> =>
    readOptions({ provider: 'cpu', seed: '1', scale: '1', ...values }, { modelDir: 'm', out: 'o' });

  it('understand lengths as people write them', () => {
    expect(['1k', '4096', '1.5k', '1M'].map(parseLength)).toEqual([1024, 4096, 1536, 1_048_576]);
    expect([1024, 1536, 61_440, 1_048_576, 1000].map(describeLength)).toEqual(['1k', '1.5k', '60k', '1M', '1000']);
    expect(read({ lengths: '1k,64k', depths: '0,50' })).toMatchObject({ lengths: [1024, 65_536], depths: [0, 0.5] });
  });

  it('name what they do not understand', () => {
    expect(() => read({ lengths: '1g' })).toThrow('1g');
    expect(() => read({ depths: '101' })).toThrow('101');
    expect(() => read({ cases: 'x' })).toThrow('--cases');
    expect(() => read({ provider: 'cuda' })).toThrow('--provider');
    expect(Object.keys(optionTypes)).toContain('max-minutes');
  });
});
