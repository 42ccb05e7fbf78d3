import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../src/engine';
import { seededRandom } from '../src/engine/random';
import { FileMemory, MemoryStore } from '../src/memory';
import { readPrefix, writeCompletion } from '../src/server/complete';
import { copyLongestMatch } from './copying';
import { holes, wholeLines } from './holes';
import { heldOutFiles, interval } from './heldOut';
import { printVariants, resultOf, variantsOf, type Measured, type Outcome } from './infillVariants';
import type { BenchOptions } from './options';

const CASES_PER_FILE = 12;

/** Confidences below which nothing would be offered (setting memmamba.completion.minimumConfidence). */
const THRESHOLDS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** What is removed from a line. */
const kinds = { 'rest of the line': holes, 'whole line': wholeLines } as const;

interface Counts {
  cases: number;
  model: number;
  copying: number;
}

/**
 * Exact completion of a line in the middle of a held-out file, by the model and by copying after the longest match: the rest of a line
 * from a random cursor, and whole lines. With `--lookup` and `--considered`, several variants side by side on the same cases.
 */
export async function infill(options: BenchOptions): Promise<object> {
  const { modelDir, scale, kinds: wanted } = options;
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const store = await MemoryStore.open(folder);
  const memory = new FileMemory(engine, store);
  const hasNgrams = engine.ngramMatcher(engine.index(new Uint32Array(0))) !== undefined;
  const variants = variantsOf(options, hasNgrams);
  const results: Record<string, object> = {};
  for (const [kind, choose] of Object.entries(kinds)) {
    if (wanted !== undefined && !wanted.some((start) => kind.startsWith(start))) continue;
    const random = seededRandom(1);
    const all = variants.map((variant): Measured => ({ variant, outcomes: [] }));
    const tally = new Map<string, Counts>();
    for (const file of heldOutFiles()) {
      const counts = tally.get(file.language) ?? { cases: 0, model: 0, copying: 0 };
      tally.set(file.language, counts);
      // From the top down, so that each prefix continues from a checkpoint of the one before.
      const chosen = choose(file.bytes, Math.ceil(CASES_PER_FILE * scale), random).sort((a, b) => a.start - b.start);
      for (const { start, end } of chosen) {
        const want = file.bytes.toString('utf8', start, end).trimEnd();
        const holed = Buffer.concat([file.bytes.subarray(0, start), file.bytes.subarray(end)]);
        const document = { label: `${file.language}/${file.name}`, basename: file.name, bytes: holed };
        const before = await readPrefix(engine, memory, document, start);
        counts.cases++;
        for (const [i, { variant, outcomes }] of all.entries()) {
          const completion = await writeCompletion(engine, before, document, start, { ...variant, stop: 'line' });
          const isRight = completion.text.split(/\r?\n/, 1)[0]!.trimEnd() === want;
          if (i === 0 && isRight) counts.model++;
          outcomes.push({ language: file.language, confidence: Math.exp(completion.meanLogProb), isRight });
        }
        const copied = copyLongestMatch(holed.toString('latin1'), start);
        if (Buffer.from(copied, 'latin1').toString('utf8').trimEnd() === want) counts.copying++;
      }
    }
    results[kind] = {
      ...report(kind, tally, all[0]!.outcomes),
      variants: all.map((one) => resultOf(one, all[0]!)),
    };
    if (all.length > 1) printVariants(all);
  }
  await engine.dispose();
  await store.close();
  rmSync(folder, { recursive: true });
  return results;
}

function report(kind: string, tally: Map<string, Counts>, outcomes: readonly Outcome[]): object {
  const all: Counts = { cases: 0, model: 0, copying: 0 };
  for (const counts of tally.values()) {
    all.cases += counts.cases;
    all.model += counts.model;
    all.copying += counts.copying;
  }
  console.log(`${kind} exactly right, held-out files (95 % interval)`);
  for (const [language, { cases, model, copying }] of [...tally, ['all', all] as const]) {
    const share = (hits: number): string => `${((100 * hits) / cases).toFixed(1)} % (${interval(hits, cases)})`;
    console.log(`${language.padEnd(12)} model ${share(model)}  copying ${share(copying)}  of ${cases}`);
  }
  console.log('offered from a confidence on, and right among those');
  const byConfidence = THRESHOLDS.map((least) => {
    const offered = outcomes.filter(({ confidence }) => confidence >= least);
    const right = offered.filter(({ isRight }) => isRight).length;
    console.log(
      `${least.toFixed(1)}  ${((100 * offered.length) / outcomes.length).toFixed(0).padStart(3)} %  ` +
        `right ${((100 * right) / Math.max(1, offered.length)).toFixed(1)} % (${interval(right, Math.max(1, offered.length))})`,
    );
    return { least, offered: offered.length, right };
  });
  console.log(`ratio ${(all.model / Math.max(1, all.copying)).toFixed(2)}`);
  return { languages: Object.fromEntries(tally), all, byConfidence, ratio: all.model / Math.max(1, all.copying) };
}
