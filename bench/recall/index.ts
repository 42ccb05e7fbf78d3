import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAbort } from '../../src/common';
import { Engine } from '../../src/engine';
import { heldOutCorpus } from '../corpus';
import { timeLimit, type BenchOptions } from '../options';
import { kinds, type Kind } from './facts';
import { heatMap } from './heatMap';
import { makePlans } from './plan';
import { append, readRecords } from './records';
import { runPlans } from './run';
import { describeSummary, summarize, type Summary } from './summary';

/** What two cores can do in an afternoon; the whole grid is `--lengths 1k,4k,16k,64k,256k,1M`. */
const USUAL = { lengths: [1024, 4096, 16_384], depths: [0, 0.25, 0.5, 0.75, 1], cases: 10 };

const isKind = (text: string): text is Kind => (kinds as readonly string[]).includes(text);

/** Recall of planted facts in long real code: see README.md in this folder. */
export async function recall(options: BenchOptions): Promise<object> {
  if (options.picture) return redraw(options);
  const wanted = options.kinds ?? [...kinds];
  const unknown = wanted.find((kind) => !isKind(kind));
  if (unknown !== undefined) throw new Error(`no kind is called ${unknown}: choose of ${kinds.join(', ')}`);
  const plans = makePlans({
    lengths: options.lengths ?? USUAL.lengths,
    depths: options.depths ?? USUAL.depths,
    kinds: wanted.filter(isKind),
    cases: options.cases ?? Math.max(1, Math.round(USUAL.cases * options.scale)),
    seed: options.seed,
    pack: options.pack,
  });
  const corpus = heldOutCorpus();
  const { modelDir, provider, threads } = options;
  const engine = await Engine.open({ modelDir, provider, ...(threads !== undefined && { threads }) });
  // An engine that fell back to the CPU must not be measured as the GPU.
  if (engine.report.provider !== provider) {
    throw new Error(`${provider} does not run here: ${engine.report.attempts.map(({ reason }) => reason).join('; ')}`);
  }
  const origin = { model: engine.modelId.slice(0, 12), provider };
  const file = join(options.out, 'recall', `${origin.model}-${provider}.jsonl`);
  const files = [file, ...options.merge];
  const done = new Set(
    readRecords(files).flatMap((one) =>
      one.type === 'document' && one.model === origin.model && one.provider === provider ? [one.plan] : [],
    ),
  );
  const open = plans.filter(({ id }) => !done.has(id));
  console.log(`${plans.length} documents, ${plans.length - open.length} of them done before; cases go to ${file}`);
  const signal = timeLimit(options.maxMinutes);
  try {
    await runPlans({
      engine,
      corpus,
      plans: open,
      seed: options.seed,
      onRecords: (records) => append(file, records),
      onProgress: (line) => console.log(line),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    console.log('time is up: run the same command again to continue');
  } finally {
    await engine.dispose();
  }
  const records = readRecords(files);
  const about = { ...origin, corpus: corpus.source };
  return report(options, {
    single: summarize(records, { ...about, mode: 'single' }),
    packed: summarize(records, { ...about, mode: 'packed' }),
  });
}

/** Contents of `recall.json`. */
interface Results {
  single: Summary;
  packed: Summary;
}

/** Prints the tables and draws the charts of the results. */
function report(options: BenchOptions, results: Results): Results {
  for (const summary of [results.single, results.packed]) {
    if (summary.rows.length === 0 && summary.absent.length === 0) continue;
    console.log(describeSummary(summary));
    const name = summary === results.single ? 'recall.svg' : 'recallPacked.svg';
    writeFileSync(join(options.out, name), heatMap(summary));
  }
  return results;
}

/** The charts and tables of earlier measurements. */
function redraw(options: BenchOptions): Results {
  const file = join(options.out, 'recall.json');
  if (!existsSync(file)) throw new Error(`nothing to draw: ${file} is not there, run npm run bench -- recall first`);
  return report(options, JSON.parse(readFileSync(file, 'utf8')) as Results);
}
