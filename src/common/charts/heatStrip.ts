import { formatCount } from '../format';
import { el, type Markup, type MarkupElement } from './markup';
import { englishLabels, fill, type ChartLabels } from './labels';

/** Data of the file map. Positions are tokens of the document, header included. */
export interface StripData {
  readonly tokens: number;
  readonly layers: readonly StripLayer[];
  /** Token positions of stored states. */
  readonly checkpoints: readonly number[];
  /** First token that is still in short-term memory. */
  readonly recentFrom: number;
}

export interface StripLayer {
  readonly layer: number;
  /** Positions of its notes, in any order. */
  readonly positions: Positions;
}

/** A list of token positions, typed array or not. */
export type Positions = Iterable<number> & { readonly length: number };

const WIDTH = 960;
const LABEL = 64;
const ROW = 22;
const GAP = 4;
const FOOT = 18;

export interface StripOptions {
  readonly bins?: number;
  readonly labels?: ChartLabels;
  /** Details of a cell: the row of the layer, and its tokens `from` (inclusive) to `to` (exclusive). */
  readonly detail?: (row: number, from: number, to: number) => string;
}

/** Default number of cells: each is four units wide, so that it can be clicked. */
const BINS = 224;

/**
 * How many positions fall into each of `bins` equal parts of a document.
 * @returns counts; part i holds the tokens from `binStart(i)` up to `binStart(i + 1)`, exclusive
 */
export function heatBins(positions: Positions, tokens: number, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (const position of positions) {
    if (position < 0 || position >= tokens) continue;
    let bin = Math.min(bins - 1, Math.floor((position * bins) / tokens));
    // Rounding may put a position next to its part; the part's bounds decide.
    while (position < binStart(bin, tokens, bins)) bin--;
    while (position >= binStart(bin + 1, tokens, bins)) bin++;
    counts[bin]!++;
  }
  return counts;
}

/** First token of a part; for the part after the last one, the number of tokens. */
export function binStart(bin: number, tokens: number, bins: number): number {
  return Math.ceil((bin * tokens) / bins);
}

/**
 * The file as one strip per note layer: the more notes in a stretch of text, the stronger its cell. Empty cells are not drawn,
 * so the chart does not grow with the file.
 */
export function heatStrip(data: StripData, options: StripOptions = {}): MarkupElement {
  const { labels = englishLabels } = options;
  const bins = Math.max(1, Math.min(options.bins ?? BINS, data.tokens));
  const height = data.layers.length * (ROW + GAP) + FOOT;
  const x = (token: number): number => round(LABEL + (token / Math.max(1, data.tokens)) * (WIDTH - LABEL));
  const notes = data.layers.reduce((sum, { positions }) => sum + positions.length, 0);
  const rows = data.layers.flatMap(({ layer, positions }, row) => {
    const counts = heatBins(positions, data.tokens, bins);
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const top = row * (ROW + GAP);
    const parts: Markup[] = [
      el('text', { class: 'mm-label', x: 0, y: top + ROW - 7 }, fill(labels.layer, layer)),
      el('rect', { class: 'mm-track', x: LABEL, y: top, width: WIDTH - LABEL, height: ROW }),
    ];
    counts.forEach((count, bin) => {
      if (count === 0) return;
      const from = binStart(bin, data.tokens, bins);
      const to = binStart(bin + 1, data.tokens, bins);
      const about = fill(
        labels.cell,
        formatCount(count),
        layer,
        formatCount(from),
        formatCount(Math.max(from, to - 1)),
      );
      parts.push(
        el(
          'rect',
          {
            class: `mm-cell mm-layer-${row % 5}`,
            x: x(from),
            y: top,
            width: Math.max(0.5, round(x(to) - x(from))),
            height: ROW,
            // A single note must be visible, too.
            'fill-opacity': round(0.25 + 0.75 * Math.sqrt(count / most)),
            'data-layer': layer,
            'data-from': from,
            'data-to': to,
            'data-count': count,
          },
          el('title', {}, [about, ...(options.detail ? [options.detail(row, from, to)] : [])].join('\n')),
        ),
      );
    });
    return parts;
  });
  const foot = height - FOOT;
  const marks = data.checkpoints.map((at) =>
    el(
      'line',
      { class: 'mm-checkpoint', x1: x(at), x2: x(at), y1: foot, y2: foot + 5 },
      el('title', {}, fill(labels.checkpoint, formatCount(at))),
    ),
  );
  const recent = el(
    'rect',
    {
      class: 'mm-recent',
      x: x(data.recentFrom),
      y: foot,
      width: Math.max(1, round(WIDTH - x(data.recentFrom))),
      height: 5,
    },
    el('title', {}, fill(labels.recent, formatCount(data.recentFrom))),
  );
  return el(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'mm-strip',
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'img',
      'aria-label': fill(labels.strip, formatCount(data.tokens), formatCount(notes), data.layers.length),
    },
    ...rows,
    ...marks,
    recent,
    el('text', { class: 'mm-label', x: LABEL, y: height - 1 }, labels.start),
    el('text', { class: 'mm-label', x: WIDTH, y: height - 1, 'text-anchor': 'end' }, labels.end),
  );
}

/** Thousandths are below what a screen shows, and make the page longer. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
