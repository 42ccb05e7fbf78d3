import type { FileCases } from './fileCases';
import { bootstrap, describeShare, wilson } from './statistics';

/**
 * Prints and returns how often each way to complete is exactly right, and the ratio to the first one.
 *
 * @param arms ways to complete, the baseline first
 */
export function reportExact<C>(
  title: string,
  files: readonly FileCases<C>[],
  arms: Readonly<Record<string, (one: C) => boolean>>,
): object {
  const judged = files.map(({ language, cases }) => ({
    language,
    cases: cases.map((one) => Object.values(arms).map((isRight) => isRight(one))),
  }));
  const all = judged.flatMap(({ cases }) => cases);
  const hits = (cases: readonly boolean[][], arm: number): number => cases.filter((right) => right[arm]).length;
  console.log(`${title} exactly right (95 % interval), ratio to ${Object.keys(arms)[0]!}`);
  const byArm = Object.keys(arms).map((name, arm) => {
    const share = wilson(hits(all, arm), all.length);
    // Cases of one file are not independent.
    const ratioOf = (some: readonly (typeof judged)[number][]): number => {
      const cases = some.flatMap((one) => one.cases);
      return hits(cases, arm) / hits(cases, 0);
    };
    const [ratio, range] = [ratioOf(judged), bootstrap(judged, ratioOf)];
    const between = range === undefined ? '' : ` (${range.low.toFixed(2)}-${range.high.toFixed(2)})`;
    console.log(`${name.padEnd(26)} ${describeShare(share)}  ${ratio.toFixed(2)}${between}`);
    return [name, { ...share, ratio, range }] as const;
  });
  const languages = [...new Set(judged.map(({ language }) => language))].map((language) => {
    const cases = judged.filter((one) => one.language === language).flatMap((one) => one.cases);
    const right = Object.fromEntries(Object.keys(arms).map((name, arm) => [name, hits(cases, arm)]));
    console.log(`${language.padEnd(12)} ${Object.values(right).join('  ')}  of ${cases.length}`);
    return [language, { cases: cases.length, right }] as const;
  });
  return { arms: Object.fromEntries(byArm), languages: Object.fromEntries(languages) };
}
