import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askWeightsFile } from '../../src/engine';
import { installBeside } from '../besideModel';
import type { BenchOptions } from '../options';
import { dump, type DumpedHaystack } from './dump';
import { fetchPackages } from './fetch';
import { answerFiles, askedFiles, type AskedFile, type Answered } from './files';
import { fitConfidence, fitWeights, reranked, samplesOf, type Sample } from './fit';
import { MiniLm } from './miniLm';
import { makeHaystack, takeFiles, type Haystack } from './needles';
import { languages, type Language, type Package } from './packages';
import { makePairs } from './pairs';
import { measure, print, rankersFor, summarize, type Summary, type Tally } from './run';
import { sourceFiles, type SourceFile } from './source';
import { shuffled } from './statistics';
import { Tools } from './tools';
import { searchTimes, workspaceTimes } from './workspace';

/** Tokens of a haystack → how many haystacks and needles per language. */
const sizes = [
  { tokens: 16_000, haystacks: 30, needles: 10 },
  { tokens: 64_000, haystacks: 4, needles: 25 },
  { tokens: 256_000, haystacks: 1, needles: 100 },
];

const PAIR_QUERIES = 300;
/** Fewer for fitting: reading them takes the model longest. */
const FITTED_CANDIDATES = 400;

const FILE_QUESTIONS = 100;
const ABSENT_QUESTIONS = 50;

/**
 * Ask against grep, BM25, MiniLM and the last two combined, on packages that nothing was trained on: (a) the function meant by a
 * description without names, (b) comment and code, (c) questions about large files; and the times in a workspace of 2,000 files and
 * with a million spans. Fetches missing packages. `--kinds needles,pairs,files,workspace,search,minilm` measures only these; `--kinds
 * fit` fits the weights on the development packages instead, and `--write` stores them with the model. `--kinds dump` writes the
 * needles of these packages for `models/training/memmamba_training/evaluation/needles.py`.
 */
export async function ask(options: BenchOptions): Promise<object> {
  const tools = await Tools.open(options);
  try {
    if (options.kinds?.includes('fit') === true) return await fit(tools, options);
    if (options.kinds?.includes('dump') === true) return await dumpNeedles(tools, options);
    return await compare(tools, options);
  } finally {
    await tools.close();
  }
}

async function compare(tools: Tools, { scale, kinds }: BenchOptions): Promise<object> {
  const wants = (kind: string): boolean => kinds === undefined || kinds.includes(kind);
  const search = wants('search') ? searchTimes(tools) : undefined;
  if (search) console.log(`search: ${JSON.stringify(search)}`);
  if (kinds?.every((kind) => kind === 'search') === true) return { search };
  const fetched = fetchPackages();
  const packages = fetched.filter(({ split }) => split === 'test');
  const { tokenizer } = tools;
  const model = wants('minilm') ? await MiniLm.open() : undefined;
  const all = (count: number): number => Math.max(1, Math.round(count * scale));
  const parts: Record<string, Record<string, Summary>> = {};

  for (const { tokens, haystacks, needles } of wants('needles') ? sizes : []) {
    const tallies = new Map<string, Tally>();
    const ofWhole = new Map<string, Tally>();
    for (const [language, made] of await everyLanguage(packages, async (files) => {
      const result: Haystack[] = [];
      let rest = files;
      while (result.length < all(haystacks) && rest.length > 0) {
        const { taken, rest: left } = takeFiles(rest, tokenizer, tokens);
        if (taken.length === 0) break;
        result.push(await makeHaystack(tools, taken, all(needles), result.length));
        rest = left;
      }
      return result;
    })) {
      for (const haystack of made) {
        await measure(tallies, language, haystack, await rankersFor(tools, haystack, model), ofWhole);
      }
      model?.save();
    }
    const name = `needles in ${tokens / 1000}k tokens`;
    for (const [title, some] of [
      [name, tallies],
      [`${name}, whole descriptions`, ofWhole],
    ] as const) {
      parts[title] = summarize(some);
      print(title, parts[title]);
    }
  }

  if (wants('pairs')) {
    const pairs = new Map<string, Tally>();
    for (const [language, haystack] of await everyLanguage(packages, (files) =>
      makePairs(tools, files, all(PAIR_QUERIES), 9),
    )) {
      await measure(pairs, language, haystack, await rankersFor(tools, haystack, model));
      model?.save();
    }
    parts['comment and code'] = summarize(pairs);
    print('comment and code, 1,000 candidates', parts['comment and code']);
  }

  let answered: Answered | undefined;
  let files: AskedFile[] = [];
  if (wants('files')) {
    files = await askedFiles(tools, packages, all(FILE_QUESTIONS), all(ABSENT_QUESTIONS));
    const questions = new Map<string, Tally>();
    for (const file of files) {
      await measure(questions, file.language, file.haystack, await rankersFor(tools, file.haystack, model));
      model?.save();
    }
    parts['large files'] = summarize(questions);
    print('questions about large files', parts['large files']);
    answered = await answerFiles(tools, files);
    const { right, exactLine, missed, absent, falseAnswers, wrong } = answered;
    console.log(
      `first citation right ${right}, its line exactly ${exactLine}, not found ${missed} of ${answered.questions}; ` +
        `false answers ${falseAnswers} of ${absent} absent; ${JSON.stringify(answered.kinds)}`,
    );
    for (const line of wrong) console.log(`  ${line}`);
  }

  const workspace = wants('workspace') ? await workspaceTimes(tools, packages) : undefined;
  if (workspace) console.log(`workspace: ${JSON.stringify(workspace)}`);
  return {
    parts,
    answered,
    files: files.map(({ name, lines }) => ({ name, lines })),
    workspace,
    search,
    weights: tools.asking.weights,
    ...(model && { miniLm: { millisecondsPerText: model.milliseconds / Math.max(1, model.embedded) } }),
  };
}

/** Weights of signals and of the confidence, from the development packages. */
async function fit(tools: Tools, { modelDir, write }: BenchOptions): Promise<object> {
  const packages = fetchPackages().filter(({ split }) => split === 'dev');
  const samples: Sample[] = [];
  const haystacks = await everyLanguage(packages, async (files) => [
    await developmentHaystack(tools, files),
    await makePairs(tools, files, 150, 9, FITTED_CANDIDATES),
  ]);
  for (const [needles, pairs] of haystacks.values()) {
    samples.push(...(await samplesOf(tools, 'needles', needles!)), ...(await samplesOf(tools, 'pairs', pairs!)));
  }
  const unanswerable: Sample[] = [];
  for (const { haystack, absent } of await askedFiles(tools, packages, 400, 300)) {
    samples.push(...(await samplesOf(tools, 'files', haystack)));
    const asked = absent.map((question) => ({ question, right: new Set<number>() }));
    unanswerable.push(...(await samplesOf(tools, 'absent', haystack, asked)));
  }
  const ranking = fitWeights(samples, tools.asking.weights!.ranking);
  const about = samples.filter(({ kind }) => kind === 'files');
  const confidence = fitConfidence(reranked([...about, ...unanswerable], ranking.weights));
  const packageCount = packages.length;
  const weights = {
    ranking: ranking.weights,
    confidence: confidence.weights,
    found: confidence.found,
    measured: {
      packages: packageCount,
      questions: samples.length,
      absent: unanswerable.length,
      meanReciprocalRank: { before: ranking.before, after: ranking.after, kinds: ranking.kinds },
      ...confidence.atThreshold,
    },
  };
  console.log(JSON.stringify(weights, null, 2));
  if (write) installBeside(modelDir, askWeightsFile, weights);
  return weights;
}

/** The data for fitting weights and judging checkpoints. */
function developmentHaystack(tools: Tools, files: readonly SourceFile[]): Promise<Haystack> {
  return makeHaystack(tools, takeFiles(files, tools.tokenizer, 64_000).taken, 80, 5);
}

/** The needles of the development packages as numbers, in the folder of the results. */
async function dumpNeedles(tools: Tools, { out }: BenchOptions): Promise<object> {
  const packages = fetchPackages().filter(({ split }) => split === 'dev');
  const dumped: DumpedHaystack[] = [];
  for (const [language, haystack] of await everyLanguage(packages, (files) => developmentHaystack(tools, files)))
    dumped.push(await dump(tools, language, haystack));
  const file = join(out, 'needles.json');
  writeFileSync(file, JSON.stringify(dumped));
  const needles = dumped.reduce((sum, one) => sum + one.needles.length, 0);
  console.log(`${file}: ${needles} questions`);
  return { needles };
}

async function everyLanguage<T>(
  packages: readonly Package[],
  make: (files: ReturnType<typeof sourceFiles>) => Promise<T>,
): Promise<Map<Language, T>> {
  const result = new Map<Language, T>();
  for (const language of Object.keys(languages) as Language[]) {
    const files = shuffled(sourceFiles(packages, language), 1);
    if (files.length > 0) result.set(language, await make(files));
  }
  return result;
}
