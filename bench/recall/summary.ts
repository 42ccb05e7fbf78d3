import { describeLength } from '../options';
import { describeShare, median, wilson, type Share } from '../statistics';
import type { BenchRecord, CaseRecord, DocumentRecord, PaceRecord } from './records';

/** Rows of the heat map: keys spread over a document count at the nearest of these depths. */
const GRID_DEPTHS = [0, 0.25, 0.5, 0.75, 1];

/** Recall of one kind at one length and depth. */
export interface Cell extends Share {
  kind: string;
  form: string;
  length: number;
  depth: number;
}

/** Recall over all depths. */
export interface Row extends Share {
  kind: string;
  form: string;
  /** `all`, or `defined/asked`: the template families of the definitions and of the questions, see README.md. */
  dress: string;
  length: number;
  /** Share at the depth with the lowest one. */
  worstDepth: number | null;
}

export interface Summary {
  model: string;
  provider: string;
  corpus: string;
  /** Whether facts had their own document or shared one (`keys8` and `keys32` always share). */
  mode: string;
  rows: Row[];
  cells: Cell[];
  /** Absent names: an answer other than *not found* is wrong. */
  absent: (Share & { kind: string; length: number })[];
  lengths: {
    length: number;
    documents: number;
    /** Megabytes (10^6 bytes). */
    stateMegabytes: number;
    residentMegabytes: number;
    /** Measured while documents were read: another length was measured at another time. */
    millisecondsPerToken: number | null;
    /** All lengths in turn. */
    pace: number | null;
  }[];
}

/** Everything shown in tables and charts, for one model, provider and mode. */
export function summarize(
  records: readonly BenchRecord[],
  of: Pick<Summary, 'model' | 'provider' | 'corpus' | 'mode'>,
): Summary {
  const mine = records.filter(({ model, provider }) => model === of.model && provider === of.provider);
  const cases = mine.filter((one): one is CaseRecord => one.type === 'case' && one.mode === of.mode);
  const present = cases.filter(({ depth }) => depth !== null);
  const cells = group(present, (one) => [one.kind, one.form, one.length, nearestDepth(one.depth!)]).map(
    ([[kind, form, length, depth], list]): Cell => ({
      kind: String(kind),
      form: String(form),
      length: Number(length),
      depth: Number(depth),
      ...shareOf(list),
    }),
  );
  // Each kind; each kind by template family; all kinds by template family.
  const views: ((one: CaseRecord) => [kind: string, dress: string])[] = [
    (one) => [one.kind, 'all'],
    (one) => [one.kind, `${one.defined}/${one.asked}`],
    (one) => ['every kind', `${one.defined}/${one.asked}`],
  ];
  const rows = views.flatMap((view) =>
    group(present, (one) => [...view(one), one.form, one.length]).map(([[kind, dress, form, length], list]): Row => {
      const depths = cells.filter((cell) => cell.kind === kind && cell.form === form && cell.length === length);
      return {
        kind: String(kind),
        form: String(form),
        dress: String(dress),
        length: Number(length),
        ...shareOf(list),
        worstDepth: dress === 'all' ? Math.min(...depths.map(({ share }) => share)) : null,
      };
    }),
  );
  const absent = group(
    cases.filter(({ depth }) => depth === null),
    (one) => [one.kind, one.length],
  ).map(([[kind, length], list]) => ({ kind: String(kind), length: Number(length), ...shareOf(list) }));
  return { ...of, rows, cells, absent, lengths: byLength(mine) };
}

function byLength(records: readonly BenchRecord[]): Summary['lengths'] {
  const paces = records.filter((one): one is PaceRecord => one.type === 'pace');
  const documents = records.filter((one): one is DocumentRecord => one.type === 'document');
  return group(documents, (one) => [one.length]).map(([[length], list]) => {
    const timed = list.flatMap(({ millisecondsPerToken }) => millisecondsPerToken ?? []);
    const turns = paces.flatMap((pace) => pace.millisecondsPerToken[String(length)] ?? []);
    return {
      length: Number(length),
      documents: list.length,
      stateMegabytes: Math.max(...list.map((one) => one.stateBytes)) / 1e6,
      residentMegabytes: Math.max(...list.map((one) => one.residentBytes)) / 1e6,
      millisecondsPerToken: timed.length > 0 ? median(timed) : null,
      pace: turns.length > 0 ? turns.at(-1)! : null,
    };
  });
}

const shareOf = (list: readonly CaseRecord[]): Share => wilson(list.filter(({ right }) => right).length, list.length);

function nearestDepth(depth: number): number {
  return GRID_DEPTHS.reduce((best, one) => (Math.abs(one - depth) < Math.abs(best - depth) ? one : best));
}

/** Groups elements with equal keys, in the order of kind, form and number. */
function group<T>(list: readonly T[], keys: (one: T) => (string | number)[]): [(string | number)[], T[]][] {
  const groups = new Map<string, [(string | number)[], T[]]>();
  for (const one of list) {
    const key = keys(one);
    const name = JSON.stringify(key);
    const known = groups.get(name);
    if (known) known[1].push(one);
    else groups.set(name, [key, [one]]);
  }
  const compare = (a: string | number, b: string | number): number =>
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
  return [...groups.values()].sort(([a], [b]) => a.map((x, i) => compare(x, b[i]!)).find((x) => x !== 0) ?? 0);
}

/** The tables, as text. */
export function describeSummary(summary: Summary): string {
  const lines = [`recalled exactly (95 % interval), ${summary.mode} facts, filler: ${summary.corpus}`];
  for (const { kind, form, dress, length, worstDepth, ...share } of summary.rows) {
    const worst = worstDepth === null ? '' : `, worst depth ${(100 * worstDepth).toFixed(0)} %`;
    const shownTemplates = dress === 'all' ? '' : ` (${dress})`;
    lines.push(
      `${describeLength(length).padStart(5)} ${kind}${shownTemplates}, ${form}: ${describeShare(share)}${worst}`,
    );
  }
  if (summary.absent.length > 0) lines.push('absent name answered "not found"');
  for (const { kind, length, ...share } of summary.absent) {
    lines.push(`${describeLength(length).padStart(5)} ${kind}: ${describeShare(share)}`);
  }
  lines.push('length, state MB, process MB, ms per token while reading, ms per token in turns');
  for (const one of summary.lengths) {
    const cost = [one.millisecondsPerToken, one.pace].map((ms) => (ms === null ? '-' : ms.toFixed(3)));
    const memory = [one.stateMegabytes.toFixed(2), one.residentMegabytes.toFixed(0)];
    lines.push(`${describeLength(one.length).padStart(5)} ${[...memory, ...cost].join('  ')}`);
  }
  return lines.join('\n');
}
