/** One sample of the server. */
export interface Sample {
  /** Start time of the project, in seconds since the start of the bench. */
  begun: number;
  seconds: number;
  words: number;
  tokensRead: number;
  /** Anonymous memory. */
  ownMegabytes: number;
  residentMegabytes: number;
  storeMegabytes: number;
}

const curves: readonly [label: string, of: (sample: Sample) => number][] = [
  ['files found by words', ({ words }) => words],
  ['tokens read', ({ tokensRead }) => tokensRead],
  ['own memory, MB', ({ ownMegabytes }) => ownMegabytes],
  ['resident memory, MB', ({ residentMegabytes }) => residentMegabytes],
  ['store, MB', ({ storeMegabytes }) => storeMegabytes],
];

const WIDTH = 640;
const HEIGHT = 80;
const GAP = 40;

/** The server's figures over time, as SVG: one curve below the other, each with its largest value. */
export function plot(title: string, samples: readonly Sample[]): string {
  const seconds = Math.max(1, samples.at(-1)?.seconds ?? 0);
  const parts = curves.map(([label, of], i) => {
    const values = samples.map(of);
    const most = Math.max(1, ...values);
    const bottom = GAP + i * (HEIGHT + GAP) + HEIGHT;
    const points = samples.map(
      (sample, at) =>
        `${((WIDTH * sample.seconds) / seconds).toFixed(1)},${(bottom - (HEIGHT * values[at]!) / most).toFixed(1)}`,
    );
    return (
      `<text x="0" y="${bottom - HEIGHT - 6}">${label}: up to ${Math.round(most)}</text>` +
      `<path d="M0 ${bottom}H${WIDTH}" stroke="#999"/><polyline points="${points.join(' ')}" fill="none" stroke="#06c"/>`
    );
  });
  const height = GAP + curves.length * (HEIGHT + GAP);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 ${WIDTH + 20} ${height + 20}" font-family="sans-serif" font-size="12">` +
    `<text x="0" y="8">${title}, ${Math.round(seconds)} s</text>${parts.join('')}</svg>\n`
  );
}
