import { describeLength } from '../options';
import type { Cell, Summary } from './summary';

const CELL = { width: 46, height: 24 };
const GAP = { x: 62, y: 58 };
const MARGIN = { left: 170, top: 70 };

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Red, yellow, green; distinguishable by their lightness, too. */
function colour(share: number): string {
  const stops = [
    [165, 30, 50],
    [250, 220, 120],
    [30, 130, 90],
  ] as const;
  const at = Math.min(1, Math.max(0, share)) * 2;
  const [from, to] = at < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
  const part = at < 1 ? at : at - 1;
  return `rgb(${from.map((x, i) => Math.round(x + (to[i]! - x) * part)).join(',')})`;
}

/** One cell: the share in percent, and in small type the number of cases. */
function drawCell(cell: Cell | undefined, x: number, y: number): string {
  const box = `x="${x}" y="${y}" width="${CELL.width - 1}" height="${CELL.height - 1}"`;
  if (cell === undefined) return `<rect ${box} fill="#eee"/>`;
  const dark = cell.share < 0.25 || cell.share > 0.8;
  const fill = dark ? 'white' : 'black';
  const percent = (share: number): string => (100 * share).toFixed(0);
  const title = `${percent(cell.share)} % of ${cell.cases}, 95 % interval ${percent(cell.low)}-${percent(cell.high)}`;
  return (
    `<g><title>${title}</title><rect ${box} fill="${colour(cell.share)}"/>` +
    `<text x="${x + 4}" y="${y + 16}" fill="${fill}">${percent(cell.share)}</text>` +
    `<text x="${x + CELL.width - 4}" y="${y + 16}" fill="${fill}" font-size="8" text-anchor="end">${cell.cases}</text></g>`
  );
}

/** Recall as a heat map: a panel for each kind and form, length to the right, depth downwards. */
export function heatMap(summary: Summary): string {
  const values = <K extends 'kind' | 'form' | 'length' | 'depth'>(key: K): Cell[K][] => [
    ...new Set(summary.cells.map((cell) => cell[key])),
  ];
  const ascending = (a: number, b: number): number => a - b;
  const [lengths, depths] = [values('length').sort(ascending), values('depth').sort(ascending)];
  const [kinds, forms] = [values('kind'), values('form').sort()];
  const panel = { width: lengths.length * CELL.width + GAP.x, height: depths.length * CELL.height + GAP.y };
  const parts: string[] = [];
  for (const [row, form] of forms.entries()) {
    const top = MARGIN.top + row * panel.height;
    const label = form === 'code' ? 'written in code' : 'asked';
    parts.push(`<text x="12" y="${top + 16}" font-weight="bold">${label}</text>`);
    for (const [column, kind] of kinds.entries()) {
      const left = MARGIN.left + column * panel.width;
      parts.push(`<text x="${left}" y="${top - 8}" font-weight="bold">${escape(kind)}</text>`);
      for (const [i, depth] of depths.entries()) {
        const y = top + i * CELL.height;
        parts.push(`<text x="${left - 6}" y="${y + 16}" text-anchor="end">${(100 * depth).toFixed(0)} %</text>`);
        for (const [j, length] of lengths.entries()) {
          const cell = summary.cells.find(
            (one) => one.kind === kind && one.form === form && one.length === length && one.depth === depth,
          );
          parts.push(drawCell(cell, left + j * CELL.width, y));
        }
      }
      const below = top + depths.length * CELL.height + 14;
      for (const [j, length] of lengths.entries()) {
        parts.push(`<text x="${left + j * CELL.width + 4}" y="${below}">${describeLength(length)}</text>`);
      }
    }
  }
  const width = MARGIN.left + kinds.length * panel.width;
  const height = MARGIN.top + forms.length * panel.height;
  const title = `Recalled exactly, % (small: cases); depth of the definition downwards, tokens read to the right; ${summary.mode} facts, ${summary.provider}`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">\n` +
    `<rect width="100%" height="100%" fill="white"/>\n<text x="12" y="24" font-size="14">${escape(title)}</text>\n` +
    `<text x="12" y="42" fill="#555">model ${escape(summary.model)}, filler ${escape(summary.corpus)}</text>\n${parts.join('\n')}\n</svg>\n`
  );
}
