import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Engine } from '../src/engine';
import { seededRandom } from '../src/engine/random';
import type { Language, Package } from './ask/packages';
import type { WorkFile } from './ngramFiles';
import type { BenchOptions } from './options';

/** Cache of a model's cases, so that an interrupted run can continue (ignored by git). */
const cacheFolder = join(__dirname, '../.cache');

/** Results for one file. */
export interface FileCases<C> {
  name: string;
  split: Package['split'];
  language: Language;
  cases: C[];
}

/**
 * The cases of as many files as there is time for; known ones come from the cache.
 *
 * @param cache file in the cache folder: a name that depends on everything the cases depend on
 */
export async function readCases<C>(
  { maxMinutes, seed }: Pick<BenchOptions, 'maxMinutes' | 'seed'>,
  engine: Engine,
  chosen: readonly WorkFile[],
  cache: string,
  make: (engine: Engine, file: WorkFile, random: () => number) => Promise<C[]>,
): Promise<FileCases<C>[]> {
  const deadline = Date.now() + maxMinutes * 60_000;
  const kept = join(cacheFolder, cache);
  mkdirSync(dirname(kept), { recursive: true });
  const known = new Map(readKept<C>(kept).map((one) => [one.name, one]));
  const files: FileCases<C>[] = [];
  for (const [i, work] of chosen.entries()) {
    const { file, split } = work;
    const name = `${file.package.name}/${file.path}`;
    let one = known.get(name);
    if (one === undefined) {
      if (Date.now() > deadline) continue;
      const cases = await make(engine, work, seededRandom(1000 * seed + i));
      one = { name, split, language: file.package.language, cases };
      appendFileSync(kept, `${JSON.stringify(one)}\n`);
    }
    files.push(one);
  }
  return files;
}

function readKept<C>(path: string): FileCases<C>[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  // Anything after the last line end was cut off.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as FileCases<C>);
}
