import { defaultSettings } from '../src/protocol';
import { MAX_CANDIDATES } from '../src/server/complete';
import { interval } from './heldOut';
import type { BenchOptions } from './options';

/** One way to complete, to be compared with others. */
export interface Variant {
  name: string;
  usesNgrams: boolean;
  /** Number of candidate lines. */
  lines: number;
}

/** One completion of one variant. */
export interface Outcome {
  language: string;
  confidence: number;
  isRight: boolean;
}

/** Results of one variant for all cases, in the same order for each. */
export interface Measured {
  variant: Variant;
  outcomes: Outcome[];
}

/** Confidence below which nothing is offered on an automatic trigger. */
const OFFERED = defaultSettings['completion.minimumConfidence'];

/** Every requested combination. @param hasNgrams whether the model has n-gram weights */
export function variantsOf(
  { lookup = [true], considered = [MAX_CANDIDATES] }: Pick<BenchOptions, 'lookup' | 'considered'>,
  hasNgrams: boolean,
): Variant[] {
  return (hasNgrams ? lookup : [false]).flatMap((usesNgrams) =>
    considered.map((lines) => ({
      name: `${usesNgrams || !hasNgrams ? '' : 'no lookup, '}${lines === 1 ? 'greedy' : `${lines} lines`}`,
      usesNgrams,
      lines,
    })),
  );
}

/** The recorded results of one variant. */
export interface VariantResult {
  lookup: boolean;
  lines: number;
  cases: number;
  right: number;
  /** Of all: those that would be offered automatically, and how many of them are right. */
  offered: number;
  rightOffered: number;
  /** Cases that only this variant completes, and those that only the first one does. */
  gained: number;
  lost: number;
  languages: Record<string, { cases: number; right: number }>;
}

export function resultOf({ variant, outcomes }: Measured, first: Measured): VariantResult {
  const offered = outcomes.filter(({ confidence }) => confidence >= OFFERED);
  const languages: VariantResult['languages'] = {};
  for (const { language, isRight } of outcomes) {
    const counts = (languages[language] ??= { cases: 0, right: 0 });
    counts.cases++;
    if (isRight) counts.right++;
  }
  const wins = (a: readonly Outcome[], b: readonly Outcome[]): number =>
    a.filter(({ isRight }, i) => isRight && !b[i]!.isRight).length;
  return {
    lookup: variant.usesNgrams,
    lines: variant.lines,
    cases: outcomes.length,
    right: countRight(outcomes),
    offered: offered.length,
    rightOffered: countRight(offered),
    gained: wins(outcomes, first.outcomes),
    lost: wins(first.outcomes, outcomes),
    languages,
  };
}

/** Prints all variants side by side. */
export function printVariants(all: readonly Measured[]): void {
  const share = (hits: number, cases: number): string =>
    cases === 0 ? '-' : `${((100 * hits) / cases).toFixed(1)} % (${interval(hits, cases)})`;
  const cells = [
    ['variant', 'right', `offered (from ${OFFERED} on)`, 'right of those', 'gained, lost beside the first'],
    ...all.map((one) => {
      const { cases, right, offered, rightOffered, gained, lost } = resultOf(one, all[0]!);
      return [
        one.variant.name,
        share(right, cases),
        share(offered, cases),
        share(rightOffered, offered),
        one === all[0] ? '' : `${gained}, ${lost}`,
      ];
    }),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  for (const row of cells)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    );
}

const countRight = (outcomes: readonly Outcome[]): number => outcomes.filter(({ isRight }) => isRight).length;
