import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/engine';
import { MemoryStore } from '../../src/memory';
import { fetchPackages } from '../ask/fetch';
import { timeLimit, type BenchOptions } from '../options';
import { root, withServer } from '../serverProcess';
import { farDocuments, LENGTHS, type FarCase, type FarDocument } from './cases';
import { kinds, languages } from './forms';
import { judge } from './judge';
import { ModelAlone } from './modelAlone';
import { Product, type Trigger } from './product';
import { drawing } from './drawing';
import { reportOf, type Arm, type Judged } from './report';

/**
 * Places in real code where only a definition far above tells what to write: completed by the language server, on explicit and automatic
 * triggers, and by the model alone; and the same with the definition repeated directly above the place.
 */
export async function far(options: BenchOptions): Promise<object> {
  const { modelDir, seed, scale, cases, lengths = LENGTHS, arms = ['product', 'model'] } = options;
  const unknown = arms.find((arm) => arm !== 'product' && arm !== 'model');
  if (unknown !== undefined) throw new Error(`--arms ${unknown}: choose of product, model`);
  const wanted = (options.kinds ?? kinds).map((name) => {
    const kind = kinds.find((one) => one === name);
    if (kind === undefined) throw new Error(`--kinds ${name}: choose of ${kinds.join(', ')}`);
    return kind;
  });
  const engine = await Engine.open({ modelDir, provider: 'cpu' });
  try {
    const packages = fetchPackages().filter(({ language }) => languages.some((one) => one === language));
    const selection = { lengths, kinds: wanted, scale, cases, seed };
    const documents = await farDocuments(engine.tokenizer, packages, selection);
    console.log(`${count(documents)} cases in ${documents.length} documents, seed ${seed}`);
    const signal = timeLimit(options.maxMinutes);
    const judged = [
      ...(arms.includes('product') ? await byProduct(modelDir, documents, signal) : []),
      ...(arms.includes('model') ? await byModel(engine, documents, signal) : []),
    ];
    const report = reportOf(judged, lengths, wanted);
    console.log(report.lines.join('\n'));
    writeFileSync(join(options.out, 'far.svg'), drawing(report.table, lengths));
    return { seed, cases: count(documents), ...report.table };
  } finally {
    await engine.dispose();
  }
}

const count = (documents: readonly FarDocument[]): number =>
  documents.reduce((sum, document) => sum + document.cases.length, 0);

type Complete = (document: FarDocument, prefix: string, suffix: string) => Promise<string | undefined>;

async function byProduct(
  modelDir: string,
  documents: readonly FarDocument[],
  signal: AbortSignal | undefined,
): Promise<Judged[]> {
  return withServer(modelDir, async (connection, home) => {
    const product = await Product.start(connection, home);
    let open: FarDocument | undefined;
    const by =
      (trigger: Trigger): Complete =>
      async (document, prefix, suffix) => {
        if (open !== document) await product.open(document, prefix + suffix);
        open = document;
        return product.complete(prefix, suffix, trigger);
      };
    return judgeAll(documents, { automatic: by('automatic'), explicit: by('explicit') }, signal);
  });
}

async function byModel(
  engine: Engine,
  documents: readonly FarDocument[],
  signal: AbortSignal | undefined,
): Promise<Judged[]> {
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const store = await MemoryStore.open(folder);
  try {
    const model = new ModelAlone(engine, store);
    return await judgeAll(documents, { model: (...place) => model.complete(...place) }, signal);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** Every case with every arm, far and with the definition pasted above it, until the time is up. */
async function judgeAll(
  documents: readonly FarDocument[],
  completers: Partial<Record<Arm, Complete>>,
  signal: AbortSignal | undefined,
): Promise<Judged[]> {
  const log = logOf(Object.keys(completers).join('-'));
  const judged: Judged[] = [];
  for (const document of documents) {
    const siblings = document.siblings.map(({ text }) => text);
    for (const one of document.cases) {
      if (signal?.aborted) return judged;
      for (const where of ['far', 'pasted'] as const) {
        const prefix = where === 'far' ? one.prefix : one.pastedPrefix;
        for (const [arm, complete] of Object.entries(completers) as [Arm, Complete][]) {
          const offer = await complete(document, prefix, one.suffix);
          const verdict = judge(one, offer, siblings);
          judged.push({ arm, where, verdict, kind: one.kind, language: one.language, length: one.length });
          log(one, { arm, where, verdict, offer });
        }
      }
    }
    console.log(
      `  ${document.cases.at(-1)!.id}: ${judged.filter(({ verdict }) => verdict === 'right').length} of ${judged.length} right`,
    );
  }
  return judged;
}

/** Logs the offers, one case per line, for inspection. */
function logOf(name: string): (one: FarCase, what: object) => void {
  const folder = join(root, '.cache/bench-far');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, '');
  return ({ id, distance, prefix, expected }, what) => {
    const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
    appendFileSync(file, `${JSON.stringify({ id, distance, line, expected, ...what })}\n`);
  };
}
