import { SIGNALS, type Signal } from '../../src/server/ask/rank/signals';
import type { MiniLm } from './miniLm';
import type { Haystack } from './needles';
import { alone, bm25, fused, grep, miniLm, ours, reciprocalRank, type Ranker } from './rankers';
import { average, averageEstimate, quantile, type Estimate } from './statistics';
import type { Tools } from './tools';

/** Reciprocal ranks and times of one ranker, per language. */
export interface Tally {
  /** Language → one number per question. */
  reciprocal: Map<string, number[]>;
  milliseconds: number[];
}

export interface Summary {
  mrr: Estimate;
  recall1: Estimate;
  recall5: Estimate;
  /** MRR per language. */
  languages: Record<string, number>;
  milliseconds: { p50: number; p95: number };
}

/** The rankers that are compared, on one haystack. */
export async function rankersFor(tools: Tools, haystack: Haystack, model: MiniLm | undefined): Promise<Ranker[]> {
  const { index, units } = haystack;
  const words = bm25(units);
  const rankers = [grep(units), words];
  if (model !== undefined) {
    const meaning = await miniLm(units, model);
    rankers.push(meaning, fused('BM25 + MiniLM', [words, meaning]));
  }
  const { scorer, embeddingScorer } = tools.scorers(index);
  if (scorer) rankers.push(alone('word vectors', haystack, scorer));
  if (embeddingScorer) rankers.push(alone('model embedding', haystack, embeddingScorer));
  rankers.push(ours(tools, haystack));
  const { ranking } = tools.asking.weights!;
  for (const signal of SIGNALS) {
    if (ranking[signal] === 0 || (!embeddingScorer && (signal === 'embedding' || signal === 'description'))) continue;
    const without = signal === 'embedding' ? { embedding: 0, description: 0 } : { [signal]: 0 };
    const weights = { ...ranking, ...without } satisfies Record<Signal, number>;
    rankers.push(ours(tools, haystack, { weights }, `ours without ${signal}`));
  }
  const flat = { weight: 1, dilution: 0.6 };
  const fields = { name: flat, around: flat, signature: flat, docs: flat, body: flat };
  rankers.push(ours(tools, haystack, { fields }, 'ours without fields'));
  return rankers;
}

/** Asks all questions of a haystack. @param ofWhole additionally collects those with a whole description */
export async function measure(
  tallies: Map<string, Tally>,
  language: string,
  haystack: Haystack,
  rankers: readonly Ranker[],
  ofWhole = new Map<string, Tally>(),
): Promise<void> {
  for (const ranker of rankers) {
    for (const { question, right, isWhole } of haystack.needles) {
      const started = performance.now();
      const ranking = await ranker.rank(question);
      const milliseconds = performance.now() - started;
      const reciprocal = reciprocalRank(ranking, (unit) => right.has(unit));
      for (const some of isWhole === true ? [tallies, ofWhole] : [tallies]) {
        const tally = some.get(ranker.name) ?? { reciprocal: new Map<string, number[]>(), milliseconds: [] };
        some.set(ranker.name, tally);
        const values = tally.reciprocal.get(language) ?? [];
        tally.reciprocal.set(language, values);
        tally.milliseconds.push(milliseconds);
        values.push(reciprocal);
      }
    }
  }
}

export function summarize(tallies: ReadonlyMap<string, Tally>): Record<string, Summary> {
  const result: Record<string, Summary> = {};
  for (const [name, { reciprocal, milliseconds }] of tallies) {
    const groups = [...reciprocal.values()];
    const within = (rank: number): number[][] =>
      groups.map((values) => values.map((value) => Number(value >= 1 / rank)));
    result[name] = {
      mrr: averageEstimate(groups),
      recall1: averageEstimate(within(1)),
      recall5: averageEstimate(within(5)),
      languages: Object.fromEntries([...reciprocal].map(([language, values]) => [language, average(values)])),
      milliseconds: { p50: quantile(milliseconds, 0.5), p95: quantile(milliseconds, 0.95) },
    };
  }
  return result;
}

/** A table for people. */
export function print(title: string, summaries: Record<string, Summary>): void {
  const [first] = Object.values(summaries);
  console.log(`\n${title} (${first?.mrr.cases ?? 0} questions; average over languages, 95 % interval)`);
  const share = ({ mean, low, high }: Estimate): string =>
    `${mean.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`.padEnd(22);
  for (const [name, { mrr, recall1, recall5, languages, milliseconds }] of Object.entries(summaries)) {
    const each = Object.entries(languages).map(([language, value]) => `${language} ${value.toFixed(2)}`);
    console.log(
      `${name.padEnd(22)} MRR ${share(mrr)} R@1 ${share(recall1)} R@5 ${share(recall5)} ${milliseconds.p50.toFixed(1)} ms  ${each.join(' ')}`,
    );
  }
}
