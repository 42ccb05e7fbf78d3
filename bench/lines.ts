import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, linesFile, type LineWeights } from '../src/engine';
import { ngramFile } from '../src/engine/ngram';
import { seededRandom } from '../src/engine/random';
import { fetchPackages } from './ask/fetch';
import { installBeside } from './besideModel';
import { reportExact } from './exactReport';
import { readCases, type FileCases } from './fileCases';
import { lineCases, MAX_SUFFIX_TOKENS, type ScoredCase, type LineCase } from './lineCases';
import { chosenFiles } from './ngramFiles';
import { kinds, type Kind } from './linePlaces';
import type { BenchOptions } from './options';

/** Files per language. */
const counts = { dev: 12, test: 12 };

/** Numbers of suffix tokens to try. */
const DEPTHS = [0, 4, 8, MAX_SUFFIX_TOKENS];

/**
 * Exact completion of lines as the product completes them, with the file alone and with the other files of its package: greedily, and by
 * scoring candidates. The weights are fitted on some held-out packages, and everything is measured on others. `--write` stores them in
 * the model's folder.
 */
export async function lines(options: BenchOptions): Promise<object> {
  const files = await readAll(options);
  const [fitted, measured] = (['dev', 'test'] as const).map((split) =>
    files.filter((file) => file.split === split),
  ) as [FileCases<LineCase>[], FileCases<LineCase>[]];
  const weights = fit(fitted.flatMap(({ cases }) => cases));
  console.log(
    `fitted on ${fitted.length} files: ${JSON.stringify(toJson(weights))}; measured on ${measured.length} of other packages`,
  );
  const arms: Record<string, (one: LineCase) => boolean> = {
    'copying, file': ({ copying }) => copying,
    'copying, package': ({ copyingPackage }) => copyingPackage,
    'greedy, file': ({ file }) => file[0]!.isRight,
    'weighed, file': ({ file }) => best(file, weights).isRight,
    'greedy, workspace': ({ workspace }) => workspace[0]!.isRight,
    'weighed, workspace': ({ workspace }) => best(workspace, weights).isRight,
    'any of those, workspace': ({ workspace }) => workspace.some(({ isRight }) => isRight),
  };
  const of = (kind: Kind, some: FileCases<LineCase>[]): FileCases<LineCase>[] =>
    some.map((file) => ({ ...file, cases: file.cases.filter((one) => one.kind === kind) }));
  const exact = Object.fromEntries(
    (Object.keys(kinds) as Kind[]).map((kind) => [kind, reportExact(kind, of(kind, measured), arms)]),
  );
  const measuredOn = { filesFitted: fitted.length, files: measured.length, exact };
  if (options.write) installBeside(options.modelDir, linesFile, { ...toJson(weights), measured: measuredOn });
  return { ...toJson(weights), ...measuredOn };
}

/** In the format of `lines.json`. */
function toJson({ own, suffix: behind, suffixTokens: behindTokens }: LineWeights): object {
  return { own, behind, behindTokens };
}

async function readAll(options: BenchOptions): Promise<FileCases<LineCase>[]> {
  const { modelDir, scale, seed } = options;
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  const chosen = chosenFiles(fetchPackages(), counts, scale, seededRandom(seed));
  const ngramWeightsFile = join(modelDir, ngramFile);
  const state = existsSync(ngramWeightsFile) ? readFileSync(ngramWeightsFile) : '';
  const id = createHash('sha256').update(engine.modelId).update(state).digest('hex');
  const files = await readCases(
    options,
    engine,
    chosen,
    `bench-line-candidates/${id.slice(0, 16)}-${seed}.jsonl`,
    lineCases,
  );
  await engine.dispose();
  return files;
}

function score({ logProb, suffix }: ScoredCase, { own, suffix: weight, suffixTokens }: LineWeights): number {
  return own * logProb + weight * suffix.slice(0, suffixTokens).reduce((sum, one) => sum + one, 0);
}

function best(list: readonly ScoredCase[], weights: LineWeights): ScoredCase {
  return list.reduce((most, one) => (score(one, weights) > score(most, weights) ? one : most));
}

/** Maximum likelihood of the right line among the candidates, where it is one of them; with the best number of suffix tokens. */
function fit(cases: readonly LineCase[]): LineWeights {
  const lists = cases
    .flatMap(({ file, workspace }) => [file, workspace])
    .filter((list) => list.some(({ isRight }) => isRight));
  const fits = DEPTHS.map((suffixTokens) => fitted(lists, suffixTokens));
  return fits.reduce((most, one) => (one.loss < most.loss ? one : most)).weights;
}

/** Gradient descent on two weights; the loss is convex. */
function fitted(lists: readonly ScoredCase[][], suffixTokens: number): { weights: LineWeights; loss: number } {
  let weights: LineWeights = { own: 1, suffix: 0, suffixTokens };
  let loss = Infinity;
  for (let round = 0; round < 2000; round++) {
    let [total, byOwn, bySuffix] = [0, 0, 0];
    for (const list of lists) {
      const scores = list.map((one) => score(one, weights));
      const top = Math.max(...scores);
      const exps = scores.map((value) => Math.exp(value - top));
      const sum = exps.reduce((a, b) => a + b, 0);
      const right = exps.reduce((a, b, i) => a + (list[i]!.isRight ? b : 0), 0);
      total += Math.log(sum) - Math.log(right);
      list.forEach(({ isRight, ...one }, i) => {
        const slope = exps[i]! / sum - (isRight ? exps[i]! / right : 0);
        byOwn += slope * one.logProb;
        bySuffix += slope * score({ isRight, ...one }, { own: 0, suffix: 1, suffixTokens });
      });
    }
    loss = total / lists.length;
    const rate = 0.02 / lists.length;
    weights = { own: weights.own - rate * byOwn, suffix: weights.suffix - rate * bySuffix, suffixTokens };
  }
  const round = (value: number): number => Number(value.toFixed(3));
  return { weights: { own: round(weights.own), suffix: round(weights.suffix), suffixTokens }, loss };
}
