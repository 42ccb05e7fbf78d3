import { describeLength } from '../options';
import { describeShare, wilson, type Share } from '../statistics';
import type { Kind } from './forms';
import type { Verdict } from './judge';

/** Who completes: the language server with an automatic or explicit trigger, or the model alone. */
export type Arm = 'automatic' | 'explicit' | 'model';

/** One request and its outcome. */
export interface Judged {
  arm: Arm;
  /** Where the definition is: only far above, or also directly above the use. */
  where: 'far' | 'pasted';
  verdict: Verdict;
  kind: Kind;
  language: string;
  length: number;
}

/** Shares of one arm. */
export interface ArmTable {
  right: Share;
  /** Share right with the definition also directly above. */
  pasted: Share;
  /** Share of far offers that name something that does not exist. */
  invented: Share;
  nothing: Share;
  byLength: Record<string, Share>;
  byLanguage: Record<string, Share>;
  /** By kind, then by length; `pasted` is at all lengths. */
  byKind: Record<string, Record<string, Share>>;
}

export type FarTable = Partial<Record<Arm, ArmTable>>;

export function reportOf(
  judged: readonly Judged[],
  lengths: readonly number[],
  kinds: readonly Kind[],
): { table: { arms: FarTable }; lines: string[] } {
  const arms: FarTable = {};
  for (const arm of new Set(judged.map((one) => one.arm)))
    arms[arm] = tableOf(
      judged.filter((one) => one.arm === arm),
      lengths,
      kinds,
    );
  return { table: { arms }, lines: Object.entries(arms).flatMap(([arm, table]) => describe(arm, table)) };
}

const right = (some: readonly Judged[]): Share =>
  wilson(some.filter(({ verdict }) => verdict === 'right').length, some.length);

function tableOf(all: readonly Judged[], lengths: readonly number[], kinds: readonly Kind[]): ArmTable {
  const far = all.filter(({ where }) => where === 'far');
  const pasted = all.filter(({ where }) => where === 'pasted');
  const offered = far.filter(({ verdict }) => verdict !== 'nothing');
  const byLength = (some: readonly Judged[]): Record<string, Share> =>
    Object.fromEntries(
      lengths.map((length) => [describeLength(length), right(some.filter((one) => one.length === length))]),
    );
  const languages = [...new Set(far.map(({ language }) => language))];
  return {
    right: right(far),
    pasted: right(pasted),
    invented: wilson(offered.filter(({ verdict }) => verdict === 'invented').length, offered.length),
    nothing: wilson(far.length - offered.length, far.length),
    byLength: byLength(far),
    byLanguage: Object.fromEntries(
      languages.map((language) => [language, right(far.filter((one) => one.language === language))]),
    ),
    byKind: Object.fromEntries(
      kinds.map((kind) => {
        const own = far.filter((one) => one.kind === kind);
        return [kind, { ...byLength(own), all: right(own), pasted: right(pasted.filter((one) => one.kind === kind)) }];
      }),
    ),
  };
}

function describe(
  arm: string,
  { right: all, pasted, invented, nothing, byLength, byLanguage, byKind }: ArmTable,
): string[] {
  const row = (name: string, shares: Record<string, Share>): string =>
    `${name.padEnd(12)}${Object.values(shares)
      .map((share) => short(share).padStart(22))
      .join('')}`;
  const [first] = Object.values(byKind);
  return [
    '',
    `${arm}: right ${describeShare(all)}; definition directly above ${describeShare(pasted)}`,
    `  no offer ${describeShare(nothing)}; offers that invent names ${describeShare(invented)}`,
    `${''.padEnd(12)}${Object.keys(first ?? {})
      .map((name) => name.padStart(22))
      .join('')}`,
    ...Object.entries(byKind).map(([kind, shares]) => row(kind, shares)),
    row('all', { ...byLength, all, pasted }),
    `  ${Object.entries(byLanguage)
      .map(([language, share]) => `${language} ${short(share)}`)
      .join(', ')}`,
  ];
}

function short({ cases, hits, share, low, high }: Share): string {
  const percent = (x: number): string => (100 * x).toFixed(0);
  return cases === 0 ? '-' : `${percent(share)} % (${percent(low)}-${percent(high)}) ${hits}/${cases}`;
}
