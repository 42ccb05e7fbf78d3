import { isAbort } from '../../src/common';
import { Engine } from '../../src/engine';
import { heldOutCorpus } from '../corpus';
import { describeLength, timeLimit, type BenchOptions } from '../options';
import { bootstrap } from '../statistics';
import { longDocuments, type LongDocument } from './documents';
import { bitsPerByte, measureAfterContext, measureBlocks, perplexityOf, total, type Sum } from './measure';

const CONTEXTS = [1536, 4096, 8192, 16_384, 32_768, 61_440];
/** Tokens at a document's end that are predicted after each context. */
const TARGET = 2048;
const DOCUMENTS = 4;

const arms = ['notes', 'withoutNotes'] as const;
type Arms<T> = Record<(typeof arms)[number], T>;

interface Measured {
  document: Pick<LongDocument, 'sort' | 'name'>;
  /** Sums of the document's blocks, read once from the top. */
  blocks: Arms<Sum[]>;
  /** Sums of the same last blocks, by context. */
  afterContext: Arms<Map<number, Sum[]>>;
}

/**
 * Perplexity by length on long held-out documents. Two views: by position, as the document is read from the top (the text differs
 * between positions), and of the same last tokens after contexts of several lengths (only the length differs).
 */
export async function perplexity(options: BenchOptions): Promise<object> {
  const { modelDir, provider, threads } = options;
  const contexts = (options.lengths ?? CONTEXTS).toSorted((a, b) => a - b);
  const longest = contexts.at(-1)!;
  const corpus = heldOutCorpus();
  const engine = await Engine.open({ modelDir, provider, ...(threads !== undefined && { threads }) });
  if (longest % engine.config.blockSize !== 0 || contexts[0]! < TARGET / 2) {
    throw new Error(`contexts are multiples of ${engine.config.blockSize} tokens, and not below ${TARGET / 2}`);
  }
  const count = options.cases ?? Math.max(1, Math.round(DOCUMENTS * options.scale));
  const documents = interleaved(longDocuments(corpus, engine.tokenizer, longest + TARGET, count));
  const wanted = documents.filter(({ sort }) => options.kinds?.includes(sort) ?? true);
  if (wanted.length === 0) {
    throw new Error(
      `${corpus.source} holds no document of ${longest + TARGET} tokens: fetch more with npm run held-out`,
    );
  }
  const signal = timeLimit(options.maxMinutes);
  const measured: Measured[] = [];
  try {
    for (const document of wanted) {
      measured.push(await measure(engine, document, contexts, signal));
      console.log(`${document.sort}: ${document.name}`);
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    console.log(`time is up after ${measured.length} of ${wanted.length} documents`);
  } finally {
    await engine.dispose();
  }
  const sorts = [...new Set(measured.map(({ document }) => document.sort))];
  const results = Object.fromEntries(
    sorts.map((sort) => [
      sort,
      describe(
        measured.filter(({ document }) => document.sort === sort),
        contexts,
        engine,
      ),
    ]),
  );
  return { model: engine.modelId.slice(0, 12), provider, corpus: corpus.source, target: TARGET, ...results };
}

/** Code and prose alternately, so that an interrupted run has both. */
function interleaved(documents: readonly LongDocument[]): LongDocument[] {
  const [code, prose] = (['code', 'prose'] as const).map((sort) => documents.filter((one) => one.sort === sort));
  return code!.flatMap((one, i) => [one, ...prose!.slice(i, i + 1)]).concat(prose!.slice(code!.length));
}

async function measure(
  engine: Engine,
  document: LongDocument,
  contexts: readonly number[],
  signal: AbortSignal | undefined,
): Promise<Measured> {
  const read = (notes: boolean): Promise<Sum[]> =>
    measureBlocks(engine, engine.initialState(), document.ids, { notes, signal });
  const blocks = { notes: await read(true), withoutNotes: await read(false) };
  const afterContext = { notes: new Map<number, Sum[]>(), withoutNotes: new Map<number, Sum[]>() };
  for (const arm of arms) {
    for (const context of contexts.slice(0, -1)) {
      const options = { notes: arm === 'notes', signal };
      afterContext[arm].set(context, await measureAfterContext(engine, document, context, TARGET, options));
    }
    // The document was read already with the longest context.
    afterContext[arm].set(contexts.at(-1)!, blocks[arm].slice(-TARGET / engine.config.blockSize));
  }
  return { document: { sort: document.sort, name: document.name }, blocks, afterContext };
}

function describe(measured: readonly Measured[], contexts: readonly number[], engine: Engine): object {
  const { blockSize } = engine.config;
  const sort = measured[0]!.document.sort;
  const figures = (sums: readonly Sum[]): { bitsPerByte: number; perplexity: number; tokens: number } => {
    const sum = total(sums);
    return { bitsPerByte: bitsPerByte(sum), perplexity: perplexityOf(sum), tokens: sum.tokens };
  };
  const show = ({ bitsPerByte, perplexity }: ReturnType<typeof figures>): string =>
    `${bitsPerByte.toFixed(4)} bits per byte (perplexity ${perplexity.toFixed(2)})`;
  console.log(`${sort}, ${measured.length} documents, by position: with notes, pools emptied`);
  const edges = [0, ...contexts];
  const positions = contexts.map((end, i) => {
    const row = both((arm) =>
      figures(measured.flatMap(({ blocks }) => blocks[arm].slice(edges[i]! / blockSize, end / blockSize))),
    );
    const range = `${describeLength(edges[i]!)} to ${describeLength(end)}`;
    console.log(`${range.padStart(14)}  ${show(row.notes)}  ${show(row.withoutNotes)}`);
    return { from: edges[i]!, to: end, ...row };
  });
  console.log(`the same ${TARGET} tokens after contexts of`);
  const same = contexts.map((context) => {
    const row = both((arm) => figures(measured.flatMap(({ afterContext }) => afterContext[arm].get(context)!)));
    console.log(`${describeLength(context).padStart(14)}  ${show(row.notes)}  ${show(row.withoutNotes)}`);
    return { context, ...row };
  });
  const growths = both((arm) => growth(measured, contexts, arm));
  return { documents: measured.map(({ document }) => document.name), positions, same, growth: growths };
}

function both<T>(make: (arm: keyof Arms<T>) => T): Arms<T> {
  return { notes: make('notes'), withoutNotes: make('withoutNotes') };
}

/**
 * Ratio of the perplexity after the longest context to that after 8k (or the nearest); bootstrap over blocks of the targets.
 */
function growth(measured: readonly Measured[], contexts: readonly number[], arm: keyof Arms<object>): object {
  const [long, short] = [contexts.at(-1)!, contexts.findLast((one) => one <= 8192) ?? contexts[0]!];
  const pairs = measured.flatMap(({ afterContext }) =>
    afterContext[arm].get(long)!.map((sum, i) => ({ long: sum, short: afterContext[arm].get(short)![i]! })),
  );
  const ratio = (drawn: readonly { long: Sum; short: Sum }[]): number =>
    perplexityOf(total(drawn.map((one) => one.long))) / perplexityOf(total(drawn.map((one) => one.short)));
  const interval = bootstrap(pairs, ratio);
  const bounds = interval ? ` (${interval.low.toFixed(4)}-${interval.high.toFixed(4)})` : '';
  console.log(
    `perplexity at ${describeLength(long)} over that at ${describeLength(short)}, ${arm === 'notes' ? 'with notes' : 'pools emptied'}: ${ratio(pairs).toFixed(4)}${bounds}`,
  );
  return { long, short, ratio: ratio(pairs), interval };
}
