import { describeLength } from '../options';
import type { Share } from '../statistics';
import type { FarTable } from './report';

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 380, 56, 170, 40, 48];

const colours: Record<string, string> = { automatic: '#2563eb', explicit: '#d97706', model: '#64748b' };
const names: Record<string, string> = {
  automatic: 'product, automatic',
  explicit: 'product, explicit',
  model: 'model alone',
};

/** Shares right by distance, one line per arm with 95 % intervals; dashed: the definition directly above. */
export function drawing({ arms }: { arms: FarTable }, lengths: readonly number[]): string {
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, lengths.length);
  const y = (share: number): string => (TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const parts = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}" stroke="#e2e8f0"/>` +
      `<text x="${LEFT - 8}" y="${y(share)}" text-anchor="end" dominant-baseline="middle">${100 * share} %</text>`,
  );
  for (const [i, length] of lengths.entries())
    parts.push(text(LEFT + (i + 0.5) * step, HEIGHT - BOTTOM + 20, describeLength(length), 'middle'));
  parts.push(text(LEFT + (step * lengths.length) / 2, HEIGHT - 8, 'tokens between definition and use', 'middle'));
  for (const [row, [arm, table]] of Object.entries(arms).entries()) {
    const colour = colours[arm]!;
    const at = (i: number): number => LEFT + (i + 0.5) * step + (row - 1) * 8;
    const points = lengths.flatMap((length, i): { x: number; share: Share }[] => {
      const share = table.byLength[describeLength(length)];
      return share && share.cases > 0 ? [{ x: at(i), share }] : [];
    });
    const line = points.map(({ x, share }) => `${x.toFixed(1)},${y(share.share)}`).join(' ');
    parts.push(`<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const { x, share } of points)
      parts.push(
        `<line x1="${x}" x2="${x}" y1="${y(share.low)}" y2="${y(share.high)}" stroke="${colour}"/>` +
          `<circle cx="${x}" cy="${y(share.share)}" r="4" fill="${colour}"/>`,
      );
    if (table.pasted.cases > 0)
      parts.push(
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(table.pasted.share)}" y2="${y(table.pasted.share)}" stroke="${colour}" stroke-dasharray="5 4"/>`,
      );
    parts.push(
      `<circle cx="${WIDTH - RIGHT + 20}" cy="${TOP + 20 * row}" r="4" fill="${colour}"/>`,
      text(WIDTH - RIGHT + 32, TOP + 20 * row + 4, names[arm]!),
    );
  }
  parts.push(
    text(WIDTH - RIGHT + 12, TOP + 72, 'dashed: definition'),
    text(WIDTH - RIGHT + 12, TOP + 88, 'directly above'),
  );
  parts.push(text(LEFT, 22, 'Right completions by distance of the definition'));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#334155">\n` +
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>\n${parts.join('\n')}\n</svg>\n`
  );
}

function text(x: number, y: number, words: string, anchor = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}">${words}</text>`;
}
