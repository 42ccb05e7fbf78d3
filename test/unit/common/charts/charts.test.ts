import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FidelityReport } from '../../../../src/common';
import {
  binStart,
  curveTable,
  fidelityCurve,
  fidelitySummary,
  heatBins,
  heatStrip,
  poolTable,
  toMarkup,
  visible,
  type Markup,
  type MarkupElement,
} from '../../../../src/common/charts';

/** All elements of a tree with this tag. */
function all(node: Markup, tag: string): MarkupElement[] {
  if (typeof node === 'string') return [];
  return [...(node.tag === tag ? [node] : []), ...node.children.flatMap((child) => all(child, tag))];
}

function textOf(node: Markup): string {
  return typeof node === 'string' ? node : node.children.map(textOf).join('');
}

const cells = (strip: Markup): MarkupElement[] =>
  all(strip, 'rect').filter(({ attributes }) => String(attributes['class']).startsWith('mm-cell'));

describe('the map of a file', () => {
  it('counts every note once, in the cell that says so', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 200 }),
        (tokens, bins, places) => {
          const positions = places.map((place) => Math.floor(place * tokens));
          const counts = heatBins(positions, tokens, Math.min(bins, tokens));
          expect(counts.reduce((a, b) => a + b, 0)).toBe(positions.length);
          counts.forEach((count, i) => {
            const [from, to] = [binStart(i, tokens, counts.length), binStart(i + 1, tokens, counts.length)];
            expect(positions.filter((p) => p >= from && p < to)).toHaveLength(count);
          });
          const strip = heatStrip(
            { tokens, layers: [{ layer: 7, positions }], checkpoints: [], recentFrom: tokens },
            { bins },
          );
          expect(cells(strip).reduce((sum, { attributes }) => sum + Number(attributes['data-count']), 0)).toBe(
            positions.length,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has a size that does not grow with the file, also for 10,000 notes in a million tokens', () => {
    const positions = Uint32Array.from({ length: 10_000 }, (_, i) => i * 99);
    const layers = [3, 7, 11].map((layer) => ({ layer, positions }));
    const source = toMarkup(
      heatStrip({ tokens: 1_000_000, layers, checkpoints: [65_536, 131_072], recentFrom: 999_744 }),
    );
    expect(source.length).toBeLessThan(250_000);
    expect(source).toContain('Map of 1,000,000 tokens with 30,000 notes in 3 layers');
  });

  it('tells of each cell what it holds, with the detail that was given', () => {
    const strip = heatStrip(
      { tokens: 100, layers: [{ layer: 3, positions: [5, 6, 90] }], checkpoints: [64], recentFrom: 80 },
      { bins: 10, detail: (row, from, to) => `row ${row}: ${from}..${to}` },
    );
    expect(cells(strip).map(textOf)).toEqual([
      '2 notes of layer 3 among tokens 0 to 9\nrow 0: 0..10',
      '1 notes of layer 3 among tokens 90 to 99\nrow 0: 90..100',
    ]);
    expect(all(strip, 'title').map(textOf)).toContain('checkpoint after token 64');
    expect(strip.attributes['role']).toBe('img');
  });

  it('of a file without notes or tokens is empty, not broken', () => {
    const source = toMarkup(
      heatStrip({ tokens: 0, layers: [{ layer: 1, positions: [] }], checkpoints: [], recentFrom: 0 }),
    );
    expect(source).not.toMatch(/NaN|Infinity/);
  });
});

describe('a pool', () => {
  it('is a table with a caption, headings, 1-based places and ages', () => {
    const table = poolTable(
      11,
      [
        { slot: 2, position: 40, text: '  x\n', line: 4, column: 0, score: 1.5 },
        { slot: 0, position: 1, text: '<b>', score: -1 },
      ],
      100,
    );
    expect(all(table, 'caption').map(textOf)).toEqual(['Pool of layer 11: 2 notes']);
    expect(all(table, 'th').every(({ attributes }) => attributes['scope'] === 'col')).toBe(true);
    const rows = all(table, 'tbody')[0]!.children.map((row) => all(row, 'td').map(textOf));
    expect(rows).toEqual([
      ['2', '··x⏎', '5:1', '1.500', '60'],
      ['0', '<b>', 'file name', '-1.000', '99'],
    ]);
  });

  it('shows characters that would turn the text around by their numbers', () => {
    expect(visible('a\u202eb\u2066\t\r\n')).toBe('a\\u202eb\\u2066⇥⏎');
  });
});

const mean = (value: number) => ({ mean: value, low: value - 0.1, high: value + 0.1, count: 20 });

const report: FidelityReport = {
  tokens: 5000,
  seed: 1,
  representational: { score: mean(0.4), withMemory: 0.45, withNothing: 0.05 },
  functional: { score: mean(-0.05), withMemory: 0.2, withNothing: 0.1 },
  vertical: {
    pairs: [
      { from: 3, to: 7, tokens: 2000, cka: 0.56, probe: { explained: 0.6, bits: 88.6, share: 0.61 } },
      { from: 7, to: 11, tokens: 2000, cka: 0.47, probe: { absent: 'no-probe' } },
    ],
  },
  curve: [
    { from: 0, to: 256, count: 20, held: 1, representational: mean(0.8), functional: mean(0.7) },
    { from: 256, to: 1024, count: 20, held: 0.3, functional: mean(-0.3) },
  ],
  samples: [],
  worth: {
    functional: { rho: 0.82, low: 0.75, high: 0.88, cases: 240, predicts: true },
    representational: { rho: 0.4, low: 0.2, high: 0.5, cases: 240, predicts: false },
  },
};

describe('fidelity', () => {
  it('is summed up with definition, figures and what each metric is worth', () => {
    const metrics = all(fidelitySummary(report), 'div').filter((one) => one.attributes['class'] === 'mm-metric');
    const texts = metrics.map(textOf);
    expect(texts[0]).toMatch(/0\.40 \(0\.30 to 0\.50\).*cosine 0\.450 with memory, 0\.050 with none/);
    expect(texts[0]).toMatch(
      /does NOT predict recall of planted values: rank correlation 0\.40 \(0\.20 to 0\.50, 240 cases\)/,
    );
    expect(texts[1]).toMatch(/predicts recall of planted values: rank correlation 0\.82/);
    expect(texts[2]).toMatch(/layer 3 to 7: CKA 0\.560; at least 61 % of the information \(88\.6 bits/);
    expect(texts[2]).toMatch(/layer 7 to 11: CKA 0\.470; not measured: this model ships no probe/);
    expect(texts[2]).toMatch(/has not been measured for this model/);
  });

  it('says why a figure is missing', () => {
    const gaps: FidelityReport = {
      ...report,
      representational: { absent: 'stale-probe' },
      functional: { absent: 'short-text' },
      vertical: { absent: 'short-text' },
    };
    const text = textOf(fidelitySummary(gaps));
    expect(text).toContain('the model’s probe was trained for other weights');
    expect(text).toContain('the text is too short');
  });

  it('is drawn inside its frame, also below 0, and tabled with the same numbers', () => {
    const curve = fidelityCurve(report.curve);
    const [, , width, height] = String(curve.attributes['viewBox']).split(' ').map(Number) as [0, 0, number, number];
    for (const dot of all(curve, 'circle')) {
      expect(Number(dot.attributes['cx'])).toBeLessThanOrEqual(width);
      expect(Number(dot.attributes['cy'])).toBeGreaterThanOrEqual(0);
      expect(Number(dot.attributes['cy'])).toBeLessThanOrEqual(height);
    }
    expect(all(curve, 'circle')).toHaveLength(3);
    const rows = all(curveTable(report.curve), 'tbody')[0]!.children.map(textOf);
    expect(rows[0]).toBe('0–2550.80 (0.70 to 0.90)0.70 (0.60 to 0.80)100 %20');
    expect(rows[1]).toContain('–-0.30');
  });
});
