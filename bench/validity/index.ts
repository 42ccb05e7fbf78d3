import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Node } from '@vscode/tree-sitter-wasm';
import { seededRandom } from '../../src/engine/random';
import { languageOf, parseText } from '../../src/server/grammar';
import { Product, triggers, type Trigger } from '../far/product';
import { heldOutFiles, type HeldOutFile } from '../heldOut';
import { timeLimit, type BenchOptions } from '../options';
import { root, withServer } from '../serverProcess';
import { describeShare, wilson, type Share } from '../statistics';
import { kinds, placesIn, type Kind } from './places';

/** Total number of cursors in all files. */
const CURSORS = 1000;

/** Offers that broke the syntax, for inspection. */
const brokenOffers = join(root, '.cache/bench-validity.jsonl');

/** One offer, or none. */
interface Outcome {
  trigger: Trigger;
  kind: Kind;
  language: string;
  /** Whether the offer spans several lines. */
  isBlock: boolean;
  verdict: 'valid' | 'broken' | 'nothing';
}

/**
 * Whether offers keep the syntax intact: accepts every offer at cursors in held-out files, and counts the nodes that the grammar cannot
 * parse before and after. Needs the held-out files.
 */
export async function validity({ modelDir, seed, scale, cases, maxMinutes }: BenchOptions): Promise<object> {
  const files = heldOutFiles();
  const cursors = cases ?? Math.round(CURSORS * scale);
  const signal = timeLimit(maxMinutes);
  mkdirSync(dirname(brokenOffers), { recursive: true });
  writeFileSync(brokenOffers, '');
  const languages = [...new Set(files.map(({ language }) => language))];
  const outcomes = await withServer(modelDir, async (connection, home) => {
    const product = await Product.start(connection, home);
    const all: Outcome[] = [];
    for (const [i, file] of files.entries()) {
      const own = files.filter(({ language }) => language === file.language);
      // The same number in each language, whatever the number of its files.
      const perLanguage = Math.ceil(cursors / languages.length);
      const [before, after] = [own.indexOf(file), own.indexOf(file) + 1].map((n) =>
        Math.round((n * perLanguage) / own.length),
      );
      const random = seededRandom(1000 * seed + i);
      all.push(...(await tryFile(product, file, after! - before!, random, signal)));
    }
    return all;
  });
  const report = reportOf(outcomes, languages);
  console.log(describe(report).join('\n'));
  return { seed, cursors, ...report };
}

async function tryFile(
  product: Product,
  { name, language, bytes }: HeldOutFile,
  count: number,
  random: () => number,
  signal: AbortSignal | undefined,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const text = bytes.toString('utf8').replaceAll('\r\n', '\n');
  if (count === 0) return outcomes;
  await product.open({ name, language, siblings: [] }, text);
  for (const { kind, prefix, suffix } of placesIn(text, count, random)) {
    if (signal?.aborted) break;
    const errors = await errorsIn(prefix + suffix, name);
    for (const trigger of Object.keys(triggers) as Trigger[]) {
      const offers = await product.completeSoon(prefix, suffix, trigger);
      if (offers.length === 0) outcomes.push({ trigger, kind, language, isBlock: false, verdict: 'nothing' });
      for (const offer of offers) {
        const isValid = (await errorsIn(prefix + offer + suffix, name)) <= errors;
        const isBlock = offer.includes('\n');
        outcomes.push({ trigger, kind, language, isBlock, verdict: isValid ? 'valid' : 'broken' });
        const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
        if (!isValid)
          appendFileSync(
            brokenOffers,
            `${JSON.stringify({ name, trigger, kind, line, offer, rest: suffix.split('\n')[0] })}\n`,
          );
      }
    }
  }
  console.log(
    `  ${name}: ${outcomes.filter(({ verdict }) => verdict === 'broken').length} of ${outcomes.length} broken`,
  );
  return outcomes;
}

/** Number of nodes for text that the grammar cannot parse, or for something missing. */
async function errorsIn(text: string, name: string): Promise<number> {
  const tree = await parseText(text, languageOf(name)!.grammar);
  try {
    return countErrors(tree.rootNode);
  } finally {
    tree.delete();
  }
}

function countErrors(node: Node): number {
  if (!node.hasError) return 0;
  let count = Number(node.isError || node.isMissing);
  for (const child of node.children) if (child) count += countErrors(child);
  return count;
}

interface Report {
  valid: Share;
  byTrigger: Record<string, { valid: Share; oneLine: Share; block: Share; nothing: Share }>;
  byKind: Record<string, Share>;
  byLanguage: Record<string, Share>;
}

function reportOf(all: readonly Outcome[], languages: readonly string[]): Report {
  const valid = (some: readonly Outcome[]): Share => {
    const offers = some.filter(({ verdict }) => verdict !== 'nothing');
    return wilson(offers.filter(({ verdict }) => verdict === 'valid').length, offers.length);
  };
  const by = <K extends keyof Outcome>(key: K, values: readonly Outcome[K][]): Record<string, Share> =>
    Object.fromEntries(values.map((value) => [value, valid(all.filter((one) => one[key] === value))]));
  return {
    valid: valid(all),
    byTrigger: Object.fromEntries(
      Object.keys(triggers).map((trigger) => {
        const own = all.filter((one) => one.trigger === trigger);
        return [
          trigger,
          {
            valid: valid(own),
            oneLine: valid(own.filter(({ isBlock }) => !isBlock)),
            block: valid(own.filter(({ isBlock }) => isBlock)),
            nothing: wilson(own.filter(({ verdict }) => verdict === 'nothing').length, own.length),
          },
        ];
      }),
    ),
    byKind: by('kind', kinds),
    byLanguage: by('language', languages),
  };
}

function describe({ valid, byTrigger, byKind, byLanguage }: Report): string[] {
  const rows = (shares: Record<string, Share>): string[] =>
    Object.entries(shares).map(([name, share]) => `  ${name.padEnd(24)}${describeShare(share)}`);
  return [
    `offers that add no error ${describeShare(valid)}`,
    ...Object.entries(byTrigger).flatMap(([trigger, { nothing, ...shares }]) => [
      `${trigger} (no offer ${describeShare(nothing)})`,
      ...rows(shares),
    ]),
    'by what is missing',
    ...rows(byKind),
    'by language',
    ...rows(byLanguage),
  ];
}
