import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAbort } from '../../src/common';
import { Engine } from '../../src/engine';
import { seededRandom } from '../../src/engine/random';
import { heldOutCorpus, type HeldOutPackage } from '../corpus';
import { timeLimit, type BenchOptions } from '../options';
import { tokenAt, tokenizeDocument, writeWithState, writeWithWindow, type DefinitionCase } from './arms';
import { bundleText } from './document';
import { renameAll } from './rename';
import { describeReport, report } from './report';
import { Snippets } from './snippets';
import { firstUses, type Use } from './uses';

/** Wanted distances, in tokens. */
const NEAREST = 512;
const FARTHEST = 65_536;
/** Number of tokens read per package: enough for the largest distance. */
const DOCUMENT = 98_304;
/** Number of uses per package, spread over the distances. */
const CASES = 24;

/** Natural recall of definitions in held-out packages: see README.md in this folder. */
export async function definitions(options: BenchOptions): Promise<object> {
  const { modelDir, provider, threads, maxMinutes } = options;
  const corpus = heldOutCorpus();
  const engine = await Engine.open({ modelDir, provider, ...(threads !== undefined && { threads }) });
  const perPackage = options.cases ?? Math.max(4, Math.round(CASES * options.scale));
  const longest = options.lengths?.at(-1) ?? DOCUMENT;
  const model = engine.modelId.slice(0, 12);
  const key = `${model}-${provider}-${longest}-${perPackage}-${options.seed}`;
  const file = join(options.out, 'definitions', `${key}.jsonl`);
  const known = [file, ...options.merge].flatMap(readCases);
  const done = new Set(known.map((one) => one.package));
  const signal = timeLimit(maxMinutes);
  const cases = known;
  try {
    for (const one of shuffledByName(corpus.packages, options.seed)) {
      if (done.has(one.package)) continue;
      const found = await measurePackage(engine, one, { longest, perPackage, seed: options.seed }, signal);
      if (found.length === 0) continue;
      cases.push(...found);
      mkdirSync(join(file, '..'), { recursive: true });
      appendFileSync(file, found.map((record) => `${JSON.stringify(record)}\n`).join(''));
      console.log(`${one.package}: ${found.length} uses`);
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    console.log('time is up: run the same command again to continue');
  } finally {
    await engine.dispose();
  }
  const buckets = report(cases);
  console.log(describeReport(buckets));
  const packages = new Set(cases.map((one) => one.package)).size;
  return { model, provider, corpus: corpus.source, packages, cases: cases.length, buckets };
}

function readCases(file: string): DefinitionCase[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as DefinitionCase);
}

/** The same order every time for a seed, mixing the packages of all folders. */
function shuffledByName(packages: readonly HeldOutPackage[], seed: number): HeldOutPackage[] {
  const rank = (one: HeldOutPackage): string => createHash('sha256').update(`${seed} ${one.package}`).digest('hex');
  return packages.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

async function measurePackage(
  engine: Engine,
  one: HeldOutPackage,
  { longest, perPackage, seed }: { longest: number; perPackage: number; seed: number },
  signal: AbortSignal | undefined,
): Promise<DefinitionCase[]> {
  const whole = bundleText(one);
  const plain = tokenizeDocument(engine, whole);
  const text =
    plain.ids.length <= longest
      ? whole
      : whole.slice(0, whole.lastIndexOf('\n', plain.offsets.utf16Offset(longest)) + 1);
  const random = seededRandom(seed * 7919 + whole.length);
  const distanceOf = (use: Use): number => tokenAt(plain.offsets, use.use) - tokenAt(plain.offsets, use.definition);
  const candidates = firstUses(text)
    .map((use) => ({ use, distance: distanceOf(use) }))
    .filter(({ distance }) => distance >= NEAREST && distance < FARTHEST);
  const chosen = spread(candidates, perPackage, random);
  const { text: renamedText, renamed } = renameAll(
    text,
    chosen.map(({ use }) => use.name),
    random,
  );
  // Offsets and distances are those of the renamed text: what the model reads.
  const document = tokenizeDocument(engine, renamedText);
  const byName = new Map(firstUses(renamedText).map((use) => [use.name, use]));
  const uses = chosen.flatMap(({ use }) => {
    const name = renamed.get(use.name)!;
    const found = byName.get(name);
    if (found === undefined) return [];
    const { offsets } = document;
    const distance = tokenAt(offsets, found.use) - tokenAt(offsets, found.definition);
    const record: DefinitionCase = { package: one.package, name: use.name, renamed: name, distance, right: {} };
    return [{ ...found, case: record }];
  });
  uses.sort((a, b) => a.use - b.use);
  if (uses.length === 0) return [];
  const snippets = new Snippets(renamedText);
  for (const use of uses) await writeWithWindow(engine, document, use, snippets, signal);
  await writeWithState(engine, document, uses, true, signal);
  await writeWithState(engine, document, uses, false, signal);
  return uses.map((use) => use.case);
}

/** Draws uses so that each doubling of the distance gets an equal share, as far as it has enough. */
function spread<T extends { distance: number }>(candidates: readonly T[], count: number, random: () => number): T[] {
  const buckets = new Map<number, T[]>();
  for (const one of candidates) {
    const octave = Math.floor(Math.log2(one.distance));
    buckets.set(octave, [...(buckets.get(octave) ?? []), one]);
  }
  const chosen: T[] = [];
  while (chosen.length < count && buckets.size > 0) {
    // Farthest first: near uses are plentiful, far ones are what matters.
    for (const octave of [...buckets.keys()].sort((a, b) => b - a)) {
      const rest = buckets.get(octave)!;
      chosen.push(...rest.splice(Math.floor(random() * rest.length), 1));
      if (rest.length === 0) buckets.delete(octave);
      if (chosen.length === count) break;
    }
  }
  return chosen;
}
