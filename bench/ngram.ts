import { Engine } from '../src/engine';
import { ngramFile, type NgramWeights } from '../src/engine/ngram';
import { seededRandom } from '../src/engine/random';
import { installBeside } from './besideModel';
import { fetchPackages } from './ask/fetch';
import type { Package } from './ask/packages';
import { reportExact } from './exactReport';
import { readCases, type FileCases } from './fileCases';
import { kinds, type Kind } from './linePlaces';
import { casesOf, type Case } from './ngramCases';
import { chosenFiles } from './ngramFiles';
import { fit, meanLoss, toJson, writes } from './ngramFit';
import type { BenchOptions } from './options';

/** Files per language: there are many weights to fit. */
const counts = { dev: 30, test: 12 };

/** Ways to complete a line, the baseline first. */
const arms: Readonly<Record<string, (one: Case, weights: NgramWeights) => boolean>> = {
  'copying, file': ({ copying }) => copying,
  'copying, package': ({ copyingWorkspace }) => copyingWorkspace,
  model: ({ steps }) => writes(steps),
  'model + file': ({ steps }, weights) => writes(steps, weights),
  'model + file + workspace': ({ steps }, weights) => writes(steps, weights, 'workspace'),
};

/**
 * Fits the weights of n-gram matches in a document and in other files, on held-out packages in five languages, and measures them
 * on others: the true text of lines from random cursors, token by token; the other files of the package are the workspace.
 * `--write` stores them in the model's folder.
 */
export async function lookup({ modelDir, scale, maxMinutes, seed, write }: BenchOptions): Promise<object> {
  const files = await readAll({ modelDir, scale, maxMinutes, seed });
  const of = (split: Package['split']): FileCases<Case>[] => files.filter((file) => file.split === split);
  const steps = (some: readonly FileCases<Case>[]) => some.flatMap(({ cases }) => cases.flatMap((one) => one.steps));
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
  if (write) installBeside(modelDir, ngramFile, json);
  return json;
}

/** The cases of as many files as there is time for. */
async function readAll(
  options: Pick<BenchOptions, 'modelDir' | 'scale' | 'maxMinutes' | 'seed'>,
): Promise<FileCases<Case>[]> {
  const engine = await Engine.open({ modelDir: options.modelDir, provider: 'cpu' });
  const chosen = chosenFiles(fetchPackages(), counts, options.scale, seededRandom(options.seed));
  const { modelId } = engine;
  const cache = `bench-ngram/${modelId.slice(0, 16)}-${options.seed}.jsonl`;
  const files = await readCases(options, engine, chosen, cache, casesOf);
  await engine.dispose();
  return files;
}

function report(kind: Kind, files: readonly FileCases<Case>[], weights: NgramWeights): object {
  const own = files.map((file) => ({ ...file, cases: file.cases.filter((one) => one.kind === kind) }));
  const judges = Object.entries(arms).map(([name, isRight]) => [name, (one: Case) => isRight(one, weights)] as const);
  return reportExact(kind, own, Object.fromEntries(judges));
}
