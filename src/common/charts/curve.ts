import type { FidelityBin, FidelityMean } from '../fidelity';
import { formatCount } from '../format';
import { el, type Markup, type MarkupElement } from './markup';
import { englishLabels, type ChartLabels } from './labels';

interface CurveOptions {
  readonly labels?: ChartLabels;
}

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 40;
const TOP = 24;
const BOTTOM = 190;

const metrics = [
  ['representational', 'mm-a'],
  ['functional', 'mm-b'],
] as const;

/**
 * Both fidelities by distance from the end: a line through the means, a vertical bar for each interval. Near is left.
 */
export function fidelityCurve(
  curve: readonly FidelityBin[],
  { labels = englishLabels }: CurveOptions = {},
): MarkupElement {
  const lows = curve.flatMap((bin) => [bin.functional.low, bin.representational?.low ?? 0]);
  const least = Math.min(0, ...lows.map((low) => Math.floor(low * 5) / 5));
  const y = (value: number): number => round(BOTTOM - ((value - least) / (1 - least)) * (BOTTOM - TOP));
  const step = (WIDTH - LEFT) / Math.max(1, curve.length);
  const x = (bin: number, metric: number): number => round(LEFT + (bin + 0.5) * step + (metric - 0.5) * 8);
  const parts: Markup[] = [];
  for (let tick = Math.round(least * 5); tick <= 5; tick++) {
    const at = y(tick / 5);
    parts.push(
      el('line', { class: tick === 0 ? 'mm-axis' : 'mm-grid', x1: LEFT, x2: WIDTH, y1: at, y2: at }),
      el('text', { class: 'mm-label', x: LEFT - 6, y: at + 4, 'text-anchor': 'end' }, (tick / 5).toFixed(1)),
    );
  }
  curve.forEach((bin, i) => {
    const at = { class: 'mm-label', x: round(LEFT + (i + 0.5) * step), y: BOTTOM + 16, 'text-anchor': 'middle' };
    parts.push(el('text', at, short(bin.from)));
  });
  parts.push(el('text', { class: 'mm-label', x: WIDTH, y: HEIGHT - 2, 'text-anchor': 'end' }, labels.distance));
  metrics.forEach(([metric, colour], m) => {
    const points = curve.flatMap((bin, i) => (bin[metric] ? [{ at: x(i, m), ...bin[metric] }] : []));
    if (points.length === 0) return;
    const line = points.map(({ at, mean }) => `${at},${y(mean)}`).join(' ');
    parts.push(
      el('text', { class: 'mm-legend', x: LEFT + 14 + m * 250, y: 12 }, labels.metric[metric]),
      el('line', {
        class: `mm-trend ${colour}`,
        x1: LEFT - 8 + m * 250,
        x2: LEFT + 10 + m * 250,
        y1: 8,
        y2: 8,
      }),
      el('polyline', { class: `mm-trend ${colour}`, points: line }),
      ...points.map(({ at, low, high }) =>
        el('line', { class: `mm-interval ${colour}`, x1: at, x2: at, y1: y(low), y2: y(high) }),
      ),
      ...points.map(({ at, mean, low, high, count }) =>
        el(
          'g',
          { class: colour },
          el(
            'circle',
            { class: 'mm-dot', cx: at, cy: y(mean), r: 3 },
            el(
              'title',
              {},
              `${labels.metric[metric]}: ${value({ mean, low, high, count })}, ${labels.samples}: ${count}`,
            ),
          ),
        ),
      ),
    );
  });
  return el(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'mm-curve',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': labels.curve,
    },
    ...parts,
  );
}

/** As a table, for screen readers and for anyone who wants the numbers. */
export function curveTable(
  curve: readonly FidelityBin[],
  { labels = englishLabels }: CurveOptions = {},
): MarkupElement {
  const names = [
    labels.distance,
    labels.metric.representational,
    labels.metric.functional,
    labels.held,
    labels.samples,
  ];
  return el(
    'table',
    { class: 'mm-numbers' },
    el('caption', {}, labels.curve),
    el('thead', {}, el('tr', {}, ...names.map((name) => el('th', { scope: 'col' }, name)))),
    el(
      'tbody',
      {},
      ...curve.map((bin) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, `${formatCount(bin.from)}–${formatCount(bin.to - 1)}`),
          el('td', { class: 'mm-number' }, bin.representational ? value(bin.representational) : '–'),
          el('td', { class: 'mm-number' }, value(bin.functional)),
          el('td', { class: 'mm-number' }, `${Math.round(100 * bin.held)} %`),
          el('td', { class: 'mm-number' }, formatCount(bin.count)),
        ),
      ),
    ),
  );
}

/** A mean with its interval as text. */
export function value({ mean, low, high }: FidelityMean): string {
  return `${mean.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** 2048 → 2k */
function short(tokens: number): string {
  if (tokens >= 1 << 20) return `${Math.round(tokens / (1 << 20))}M`;
  return tokens >= 1024 ? `${Math.round(tokens / 1024)}k` : String(tokens);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
