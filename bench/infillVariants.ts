import type { InfillSetting } from '../src/engine';
import { defaultSettings } from '../src/protocol';
import { manyLines } from '../src/server/complete';
import { interval } from './heldOut';
import type { BenchOptions } from './options';

/** One way to complete, to be compared with others. */
export interface Variant {
  name: string;
  infill: InfillSetting;
  looksUp: boolean;
  /** Lines that are considered. */
  lines: number;
}

/** One completion of one variant. */
export interface Outcome {
  language: string;
  confidence: number;
  isRight: boolean;
}

/** What one variant made of all cases; the same cases in the same order for each. */
export interface Measured {
  variant: Variant;
  outcomes: Outcome[];
}

/** Confidence below which nothing is offered unasked. */
const OFFERED = defaultSettings['completion.minimumConfidence'];

/** Every combination that was asked for; the model's own setting where nothing was. @param hasLookup whether the model can look up at all */
export function variantsOf(
  { shown, back, lookup, considered = [manyLines] }: Pick<BenchOptions, 'shown' | 'back' | 'lookup' | 'considered'>,
  own: InfillSetting,
  hasLookup: boolean,
): Variant[] {
  const variants = new Map<string, Variant>();
  for (const looksUp of hasLookup ? (lookup ?? [true]) : [false]) {
    for (const tokens of shown ?? [own.shown]) {
      for (const apart of back ?? [own.back]) {
        const what = tokens === 0 ? 'nothing behind' : `${tokens} behind, ${apart} back`;
        for (const lines of considered) {
          const name = [
            what,
            ...(looksUp || !hasLookup ? [] : ['no lookup']),
            ...(lines === 1 ? ['greedy'] : lines === manyLines ? [] : [`${lines} lines`]),
          ].join(', ');
          const infill = { shown: tokens, back: apart };
          if (!variants.has(name)) variants.set(name, { name, infill, looksUp, lines });
        }
      }
    }
  }
  return [...variants.values()];
}

/** What is written down of one variant. */
export interface VariantResult extends InfillSetting {
  lookup: boolean;
  lines: number;
  cases: number;
  right: number;
  /** Of all: those that would be offered unasked, and the right ones of them. */
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
    ...variant.infill,
    lookup: variant.looksUp,
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

/**
 * The setting that completes most lines over all kinds, of the variants that look up as the extension does; the earlier one of equals.
 *
 * @returns as it lies beside a model (`infill.json`)
 */
export function bestSetting(kinds: readonly (readonly Measured[])[]): object {
  const total = (i: number): number => kinds.reduce((sum, all) => sum + countRight(all[i]!.outcomes), 0);
  const rows = kinds[0]!.map(({ variant }, i) => ({ ...variant, right: total(i) }));
  const usable = rows.some(({ looksUp }) => looksUp) ? rows.filter(({ looksUp }) => looksUp) : rows;
  const [best] = usable.toSorted((a, b) => b.right - a.right);
  const cases = kinds.reduce((sum, all) => sum + all[0]!.outcomes.length, 0);
  return {
    ...best!.infill,
    measured: { cases, right: Object.fromEntries(rows.map(({ name, right }) => [name, right])) },
  };
}

const countRight = (outcomes: readonly Outcome[]): number => outcomes.filter(({ isRight }) => isRight).length;
