import { inRandomOrder } from '../statistics';

/** What is removed at a cursor: the rest of its line, the rest except what an editor closes by itself, or a whole line. */
export const kinds = ['rest of a line', 'rest of a line, closed', 'whole line'] as const;
export type Kind = (typeof kinds)[number];

export interface Place {
  kind: Kind;
  prefix: string;
  suffix: string;
}

/** Places in a file, the last one first, so that the text before each stays as it was read. */
export function placesIn(text: string, count: number, random: () => number): Place[] {
  const lines = text.split('\n');
  const starts = [0];
  for (const line of lines) starts.push(starts.at(-1)! + line.length + 1);
  const telling = lines.flatMap((line, i) => (/\w.*\w/.test(line) ? [i] : []));
  const first = Math.floor(kinds.length * random());
  return inRandomOrder(telling, random)
    .slice(0, count)
    .map((line, i): { at: number; place: Place } => {
      const kind = kinds[(first + i) % kinds.length]!;
      const written = lines[line]!;
      const indent = /^\s*/.exec(written)![0].length;
      const begin = kind === 'whole line' ? indent : cursorIn(written, indent, random);
      const closers = kind === 'rest of a line, closed' ? closedAfter(written.slice(0, begin)) : '';
      const at = starts[line]! + begin;
      const place = { kind, prefix: text.slice(0, at), suffix: closers + text.slice(starts[line]! + written.length) };
      return { at, place };
    })
    .sort((a, b) => b.at - a.at)
    .map(({ place }) => place);
}

/** A place after the first word of a line where a word or a symbol ends. */
function cursorIn(line: string, indent: number, random: () => number): number {
  const ends = [...line.matchAll(/\w+ ?|[^\w\s] ?/g)]
    .map(({ 0: token, index }) => index + token.length)
    .filter((end) => end > indent && end < line.trimEnd().length);
  return ends[Math.floor(random() * ends.length)] ?? line.length;
}

/** The closers that an editor has inserted for the brackets open in a line. */
export function closedAfter(line: string): string {
  const open: string[] = [];
  const closerOf: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
  for (const sign of line.replace(/"[^"]*"|'[^']*'/g, '')) {
    if (closerOf[sign] !== undefined) open.unshift(closerOf[sign]);
    else if (sign === open[0]) open.shift();
  }
  return open.join('');
}
