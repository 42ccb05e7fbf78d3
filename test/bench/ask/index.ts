import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '../../../src/engine';
import { askIndex, shippedWordVectors, SpanIndex } from '../../../src/server/ask';
import type { BenchOptions } from '../main';
import { fetchPackages, folderOf } from './fetch';
import { answerFiles, askedFiles, type AskedFile, type Answered } from './files';
import { fitConfidence, fitWeights, samplesOf, type Sample } from './fit';
import { MiniLm } from './miniLm';
import { makeHaystack, takeFiles, type Haystack } from './needles';
import { languages, type Language, type Package } from './packages';
import { makePairs } from './pairs';
import { measure, print, rankersFor, summarize, type Summary, type Tally } from './run';
import { filesBelow, sourceFiles } from './source';
import { quantile, shuffled } from './statistics';

/** Tokens of a haystack → how many haystacks and needles per language. */
const sizes = [
  { tokens: 16_000, haystacks: 10, needles: 10 },
  { tokens: 64_000, haystacks: 4, needles: 25 },
  { tokens: 256_000, haystacks: 1, needles: 100 },
];

const PAIR_QUERIES = 300;
const FILE_QUESTIONS = 100;
const ABSENT_QUESTIONS = 50;
const WORKSPACE_FILES = 2000;

/**
 * Ask against grep, BM25, MiniLM and the last two together, on packages that nothing was trained on: (a) the function that a
 * description without names means, (b) comment and code, (c) questions about large files; and the time in a workspace of 2,000 files.
 * Fetches the packages when they are missing. `--kinds needles,pairs,files,workspace,minilm` measures only these (MiniLM is what
 * takes long); `--kinds fit` fits the weights on the development packages instead.
 */
export async function ask({ modelDir, scale, kinds }: BenchOptions): Promise<object> {
  const fetched = fetchPackages();
  if (kinds?.includes('fit') === true)
    return fit(
      fetched.filter(({ split }) => split === 'dev'),
      modelDir,
    );
  const packages = fetched.filter(({ split }) => split === 'test');
  const tokenizer = await Tokenizer.load(join(modelDir, 'tokenizer.json'));
  const wants = (kind: string): boolean => kinds === undefined || kinds.includes(kind);
  const model = wants('minilm') ? await MiniLm.open() : undefined;
  const all = (count: number): number => Math.max(1, Math.round(count * scale));
  const parts: Record<string, Record<string, Summary>> = {};

  for (const { tokens, haystacks, needles } of wants('needles') ? sizes : []) {
    const tallies = new Map<string, Tally>();
    for (const [language, made] of await everyLanguage(packages, async (files) => {
      const result: Haystack[] = [];
      let rest = files;
      while (result.length < all(haystacks) && rest.length > 0) {
        const { taken, rest: left } = takeFiles(rest, tokenizer, tokens);
        if (taken.length === 0) break;
        result.push(await makeHaystack(taken, all(needles), result.length));
        rest = left;
      }
      return result;
    })) {
      for (const haystack of made) await measure(tallies, language, haystack, await rankersFor(haystack, model, true));
      model?.save();
    }
    const name = `needles in ${tokens / 1000}k tokens`;
    parts[name] = summarize(tallies);
    print(name, parts[name]);
  }

  if (wants('pairs')) {
    const pairs = new Map<string, Tally>();
    for (const [language, haystack] of await everyLanguage(packages, (files) =>
      makePairs(files, all(PAIR_QUERIES), 9),
    )) {
      await measure(pairs, language, haystack, await rankersFor(haystack, model, true));
      model?.save();
    }
    parts['comment and code'] = summarize(pairs);
    print('comment and code, 1,000 candidates', parts['comment and code']);
  }

  let answered: Answered | undefined;
  let files: AskedFile[] = [];
  if (wants('files')) {
    files = await askedFiles(packages, all(FILE_QUESTIONS), all(ABSENT_QUESTIONS));
    const questions = new Map<string, Tally>();
    for (const file of files) {
      await measure(questions, file.language, file.haystack, await rankersFor(file.haystack, model, true));
      model?.save();
    }
    parts['large files'] = summarize(questions);
    print('questions about large files', parts['large files']);
    answered = await answerFiles(files);
    const { right, exactLine, missed, absent, falseAnswers, wrong } = answered;
    console.log(
      `first citation right ${right}, its line exactly ${exactLine}, not found ${missed} of ${answered.questions}; ` +
        `false answers ${falseAnswers} of ${absent} absent; ${JSON.stringify(answered.kinds)}`,
    );
    for (const line of wrong) console.log(`  ${line}`);
  }

  const workspace = wants('workspace') ? await workspaceTimes(packages) : undefined;
  if (workspace) console.log(`workspace: ${JSON.stringify(workspace)}`);
  return {
    parts,
    answered,
    files: files.map(({ name, lines }) => ({ name, lines })),
    workspace,
    ...(model && { miniLm: { millisecondsPerText: model.milliseconds / Math.max(1, model.embedded) } }),
  };
}

/** Weights of signals and of the confidence, from the development packages: printed, to be written into the source. */
async function fit(packages: readonly Package[], modelDir: string): Promise<object> {
  const tokenizer = await Tokenizer.load(join(modelDir, 'tokenizer.json'));
  const samples: Sample[] = [];
  const haystacks = await everyLanguage(packages, async (files) => [
    await makeHaystack(takeFiles(files, tokenizer, 64_000).taken, 80, 5),
    await makePairs(files, 150, 9),
  ]);
  for (const [needles, pairs] of haystacks.values()) {
    samples.push(...(await samplesOf('needles', needles!)), ...(await samplesOf('pairs', pairs!)));
  }
  const unanswerable: Sample[] = [];
  for (const { haystack, absent } of await askedFiles(packages, 400, 300)) {
    samples.push(...(await samplesOf('files', haystack)));
    const asked = absent.map((question) => ({ question, right: new Set<number>() }));
    unanswerable.push(...(await samplesOf('absent', haystack, asked)));
  }
  const ranking = fitWeights(samples);
  const about = samples.filter(({ kind }) => kind === 'files');
  const result = { ranking, confidence: fitConfidence([...about, ...unanswerable]), samples: samples.length };
  console.log(JSON.stringify(result, null, 2));
  return result;
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

/** Time to the first citation in a workspace of 2,000 files that are in the index, and what the index takes. */
async function workspaceTimes(packages: readonly Package[]): Promise<object> {
  const paths = packages.flatMap((one) => filesBelow(folderOf(one)));
  const sources = shuffled(
    paths.filter((path) => /\.(ts|tsx|js|py|go|rs|java|md|json|toml)$/.test(path) && !path.includes('.min.')),
    2,
  );
  const index = new SpanIndex(shippedWordVectors());
  let bytes = 0;
  let seconds = 0;
  for (const path of sources) {
    if (index.list().length >= WORKSPACE_FILES) break;
    const content = readFileSync(path);
    if (content.length > 400_000 || content.length === 0) continue;
    const started = performance.now();
    await index.set(path, path, content);
    seconds += (performance.now() - started) / 1000;
    bytes += content.length;
  }
  const files = index.list();
  const rust = packages.filter(({ language }) => language === 'rust');
  const haystack = await makeHaystack(shuffled(sourceFiles(rust, 'rust'), 5).slice(0, 20), 100, 6);
  const times: number[] = [];
  for (const { question } of haystack.needles) {
    const started = performance.now();
    await askIndex(index, files, question, undefined);
    times.push(performance.now() - started);
  }
  return {
    files: files.length,
    spans: files.reduce((sum, { spans }) => sum + spans.length, 0),
    megabytesOfText: bytes / 1e6,
    megabytesOfIndex: index.bytes / 1e6,
    secondsToIndex: seconds,
    firstCitationMilliseconds: { p50: quantile(times, 0.5), p95: quantile(times, 0.95), questions: times.length },
  };
}
