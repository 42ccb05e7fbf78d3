import { describeLength } from '../options';
import { bootstrap, describeShare, mean, wilson, type Share } from '../statistics';
import { arms, type Arm, type DefinitionCase } from './arms';

/** Distances in tokens, from - to; the last one combines the farthest two: the headline. */
const BUCKETS: readonly (readonly [number, number])[] = [
  [512, 2048],
  [2048, 4096],
  [4096, 8192],
  [8192, 16_384],
  [16_384, 32_768],
  [32_768, 65_536],
  [16_384, 65_536],
];

type Given = 'bare' | 'oneLetter';

export interface Bucket {
  from: number;
  to: number;
  given: Given;
  arms: Record<Arm, Share>;
  /** How often BM25 found the definition. */
  found: Share;
  /** Mean surprise at the identifier, in nats. */
  nats: Record<Arm, number>;
  /** As `closed`, measured in nats: available even when hardly anything is written exactly. */
  closedNats: Bucket['closed'];
  /** Share of the gap between window and oracle that an arm closes; undefined where the oracle is not above the window. */
  closed: Partial<Record<Arm, { share: number; low: number | undefined; high: number | undefined }>>;
}

/** Accuracy and closed gap by distance. */
export function report(cases: readonly DefinitionCase[]): Bucket[] {
  return (['bare', 'oneLetter'] as const).flatMap((given) =>
    BUCKETS.flatMap(([from, to]): Bucket[] => {
      const inside = cases.filter(({ distance }) => distance >= from && distance < to);
      if (inside.length === 0) return [];
      const hits = (list: readonly DefinitionCase[], arm: Arm): number =>
        list.filter(({ right }) => right[arm]?.[given] === true).length;
      const closedBy = (arm: Arm) => (list: readonly DefinitionCase[]) => {
        const gap = hits(list, 'oracle') - hits(list, 'window');
        return gap > 0 ? (hits(list, arm) - hits(list, 'window')) / gap : Number.NaN;
      };
      const nats = (list: readonly DefinitionCase[], arm: Arm): number =>
        mean(list.map(({ right }) => right[arm]?.nats ?? Number.NaN));
      const closedNatsBy = (arm: Arm) => (list: readonly DefinitionCase[]) => {
        const gap = nats(list, 'window') - nats(list, 'oracle');
        return gap > 0 ? (nats(list, 'window') - nats(list, arm)) / gap : Number.NaN;
      };
      const shares = Object.fromEntries(arms.map((arm) => [arm, wilson(hits(inside, arm), inside.length)]));
      const means = Object.fromEntries(arms.map((arm) => [arm, nats(inside, arm)]));
      return [
        {
          from,
          to,
          given,
          arms: shares as Record<Arm, Share>,
          found: wilson(inside.filter((one) => one.found === true).length, inside.length),
          nats: means as Record<Arm, number>,
          closed: intervals(inside, closedBy),
          closedNats: intervals(inside, closedNatsBy),
        },
      ];
    }),
  );
}

function intervals(
  cases: readonly DefinitionCase[],
  by: (arm: Arm) => (list: readonly DefinitionCase[]) => number,
): Bucket['closed'] {
  const closed: Bucket['closed'] = {};
  for (const arm of ['stateWithoutNotes', 'stateWithNotes', 'windowBm25'] as const) {
    const share = by(arm)(cases);
    const interval = bootstrap(cases, by(arm));
    if (Number.isFinite(share)) closed[arm] = { share, low: interval?.low, high: interval?.high };
  }
  return closed;
}

export function describeReport(buckets: readonly Bucket[]): string {
  const lines: string[] = [];
  for (const { from, to, given, arms: shares, found, nats, closed, closedNats } of buckets) {
    const letters = given === 'bare' ? 'no letter given' : 'first letter given';
    lines.push(`definition ${describeLength(from)} to ${describeLength(to)} tokens back, ${letters}`);
    if (given === 'bare') lines.push(`  BM25 finds the definition: ${describeShare(found)}`);
    for (const arm of arms) {
      const exact = closed[arm] ? `, closes ${gap(closed[arm])} of the gap between window and oracle` : '';
      const inNats = closedNats[arm] ? `, closes ${gap(closedNats[arm])}` : '';
      const surprise = given === 'bare' ? `; ${nats[arm].toFixed(2)} nats${inNats}` : '';
      lines.push(`  ${arm.padEnd(18)} ${describeShare(shares[arm])}${exact}${surprise}`);
    }
  }
  return lines.join('\n');
}

function gap({ share, low, high }: { share: number; low: number | undefined; high: number | undefined }): string {
  const interval = low === undefined || high === undefined ? '' : ` (${percent(low)} to ${percent(high)})`;
  return `${percent(share)}${interval}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
