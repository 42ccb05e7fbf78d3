import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/engine';
import { lookupFile, type LookupWeights } from '../../src/engine/lookup';
import { seededRandom } from '../../src/engine/random';
import { installBeside } from './besideModel';
import { fetchPackages } from './ask/fetch';
import type { Language, Package } from './ask/packages';
import { casesOf, kinds, type Case, type Kind } from './lookupCases';
import { chosenFiles } from './lookupFiles';
import { fit, meanLoss, toJson, writes } from './lookupFit';
import type { BenchOptions } from './options';
import { bootstrap, describeShare, wilson } from './statistics';

/** Where the cases of a model are kept, so that a run that was cut short goes on (ignored by git). */
const cacheFolder = join(__dirname, '../.cache/bench-lookup');

/** The lines of one file. */
interface FileCases {
  name: string;
  split: Package['split'];
  language: Language;
  cases: Case[];
}

/** Ways to complete a line, the baseline first. */
const arms: Readonly<Record<string, (one: Case, weights: LookupWeights) => boolean>> = {
  'copying, file': ({ copying }) => copying,
  'copying, package': ({ copyingWorkspace }) => copyingWorkspace,
  model: ({ steps }) => writes(steps),
  'model + file': ({ steps }, weights) => writes(steps, weights),
  'model + file + workspace': ({ steps }, weights) => writes(steps, weights, 'workspace'),
};

/**
 * Fits the weights by which what stands elsewhere in a document and in other files counts in a completion, on held-out packages in
 * five languages, and measures them on others: the true text of lines from random cursors, token by token; the other files of the
 * package are the workspace. With `--write` they go into the model's folder.
 */
export async function lookup({ modelDir, scale, maxMinutes, seed, write }: BenchOptions): Promise<object> {
  const files = await readAll({ modelDir, scale, maxMinutes, seed });
  const of = (split: Package['split']): FileCases[] => files.filter((file) => file.split === split);
  const steps = (some: readonly FileCases[]) => some.flatMap(({ cases }) => cases.flatMap((one) => one.steps));
  const [fitted, measured] = [of('dev'), of('test')];
  const weights = fit(steps(fitted));
  const result = {
    filesFitted: fitted.length,
    files: measured.length,
    nats: {
      model: meanLoss(steps(measured)),
      withLookup: meanLoss(steps(measured), weights),
      withWorkspace: meanLoss(steps(measured), weights, 'workspace'),
    },
    exact: Object.fromEntries((Object.keys(kinds) as Kind[]).map((kind) => [kind, report(kind, measured, weights)])),
  };
  const [model, withFile, withWorkspace] = Object.values(result.nats).map((nats) => nats.toFixed(3));
  console.log(`fitted on ${fitted.length} files, measured on ${measured.length} of other packages`);
  console.log(`nats a token  model ${model}  with the file ${withFile}  with the workspace ${withWorkspace}`);
  const json = toJson(weights, result);
  if (write) installBeside(modelDir, lookupFile, json);
  return json;
}

/** The cases of as many files as there is time for; those that are known come from the cache. */
async function readAll(
  options: Pick<BenchOptions, 'modelDir' | 'scale' | 'maxMinutes' | 'seed'>,
): Promise<FileCases[]> {
  const engine = await Engine.open({ modelDir: options.modelDir, provider: 'cpu' });
  const deadline = Date.now() + options.maxMinutes * 60_000;
  mkdirSync(cacheFolder, { recursive: true });
  const kept = join(cacheFolder, `${engine.modelId.slice(0, 16)}-${options.seed}.jsonl`);
  const known = new Map(readKept(kept).map((one) => [one.name, one]));
  const files: FileCases[] = [];
  for (const [i, chosen] of chosenFiles(fetchPackages(), options.scale, seededRandom(options.seed)).entries()) {
    const { file, split } = chosen;
    const name = `${file.package.name}/${file.path}`;
    let one = known.get(name);
    if (one === undefined) {
      if (Date.now() > deadline) continue;
      const cases = await casesOf(engine, chosen, seededRandom(1000 * options.seed + i));
      one = { name, split, language: file.package.language, cases };
      appendFileSync(kept, `${JSON.stringify(one)}\n`);
    }
    files.push(one);
  }
  await engine.dispose();
  return files;
}

function readKept(path: string): FileCases[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // What follows the last line end was cut off.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as FileCases);
}

function report(kind: Kind, files: readonly FileCases[], weights: LookupWeights): object {
  const judged = files.map(({ language, cases }) => ({
    language,
    cases: cases
      .filter((one) => one.kind === kind)
      .map((one) => Object.values(arms).map((isRight) => isRight(one, weights))),
  }));
  const all = judged.flatMap(({ cases }) => cases);
  const hits = (cases: readonly boolean[][], arm: number): number => cases.filter((right) => right[arm]).length;
  console.log(`${kind} exactly right (95 % interval), ratio to ${Object.keys(arms)[0]!}`);
  const byArm = Object.keys(arms).map((name, arm) => {
    const share = wilson(hits(all, arm), all.length);
    // Cases of one file are not independent of each other.
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
