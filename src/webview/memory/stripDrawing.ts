import { firstAtLeast } from '../../common/search';
import { binRange, type StripRange } from './stripRange';

/** Everything that is drawn. Positions are ascending. */
export interface StripContent {
  range: StripRange;
  layers: { name: string; positions: readonly number[]; attended: readonly number[] }[];
  checkpoints: readonly number[];
  recentFrom: number;
  cursor: number | undefined;
}

/** Room for the names of the rows, left of them. Pixels, as all sizes here. */
export const GUTTER = 24;

const ROW = 20;
const GAP = 4;
const FOOT = 10;
const BAR = 3;

/** Of the whole map. */
export function stripHeight(layers: number): number {
  return layers * (ROW + GAP) + FOOT;
}

/** The row at a height. */
export function rowAt(y: number): number {
  return Math.floor(y / (ROW + GAP));
}

/** Draws the map in the theme's colours, which the element has as custom properties. */
export function drawStrip(canvas: HTMLCanvasElement, element: HTMLElement, content: StripContent): void {
  const width = element.clientWidth;
  const height = stripHeight(content.layers.length);
  const scale = window.devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const context = canvas.getContext('2d');
  if (context === null || width <= GUTTER) return;
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--mm-${name}`).trim();
  const isPlain = document.body.classList.contains('vscode-high-contrast');
  const { range, layers } = content;
  const x = (token: number): number => GUTTER + ((token - range.from) / (range.to - range.from)) * (width - GUTTER);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `11px ${style.fontFamily}`;
  context.textBaseline = 'middle';
  const bins = Math.max(1, Math.floor((width - GUTTER) / BAR));
  layers.forEach(({ name, positions, attended }, row) => {
    const top = row * (ROW + GAP);
    context.fillStyle = colour('muted');
    context.fillText(name, 2, top + ROW / 2);
    context.fillStyle = colour('surface');
    context.fillRect(GUTTER, top, width - GUTTER, ROW);
    const counts = binRange(positions, range, bins);
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    context.fillStyle = colour(`layer-${row % 5}`);
    counts.forEach((count, bin) => {
      if (count === 0) return;
      // A single note must be visible, too; height encodes strength.
      const share = Math.sqrt(count / most);
      context.globalAlpha = isPlain ? 1 : 0.45 + 0.55 * share;
      const high = Math.max(5, Math.round(share * ROW));
      context.fillRect(GUTTER + bin * BAR, top + ROW - high, BAR - (isPlain ? 1 : 0), high);
    });
    context.globalAlpha = 1;
    context.strokeStyle = colour('line');
    context.strokeRect(GUTTER + 0.5, top + 0.5, width - GUTTER - 1, ROW - 1);
    context.fillStyle = colour('text');
    for (let i = firstAtLeast(attended, range.from); i < attended.length && attended[i]! < range.to; i++) {
      context.fillRect(x(attended[i]!) - 1.5, top, 3, 3);
    }
  });
  const foot = layers.length * (ROW + GAP);
  context.fillStyle = colour('muted');
  const recent = Math.max(content.recentFrom, range.from);
  if (recent < range.to) context.fillRect(x(recent), foot, Math.max(1, x(range.to) - x(recent)), 4);
  for (const at of content.checkpoints) {
    if (at >= range.from && at < range.to) context.fillRect(x(at), foot, 1, 7);
  }
  if (content.cursor === undefined) return;
  context.fillStyle = colour('text');
  context.fillRect(x(content.cursor) - 0.5, 0, 1, foot);
}
