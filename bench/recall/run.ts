import { isAbort } from '../../src/common';
import type { Engine, ModelState } from '../../src/engine';
import type { Corpus } from '../corpus';
import { describeLength } from '../options';
import { askAfter, readBlocks, stateBytes, continuePrompt, type ReadTimes } from '../reading';
import { median } from '../statistics';
import { Fillers, type Filler } from './filler';
import { assemble, type Plan } from './plan';
import type { BenchRecord, CaseRecord, DocumentRecord, PaceRecord } from './records';
import { isAnswer, isNotFound, isWritten, shown } from './score';

/** Blocks at the end of a document whose time counts as the time at its length. */
const TIMED_BLOCKS = 32;

/** How many turns each length takes in the measurement of pace. */
const PACE_ROUNDS = 60;

export interface RunOptions {
  engine: Engine;
  corpus: Corpus;
  plans: readonly Plan[];
  seed: number;
  /** Receives the records of each document as soon as it is done. */
  onRecords: (records: BenchRecord[]) => void;
  /** Receives progress lines. */
  onProgress?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Reads every document and asks its questions. The model is causal, so the filler before the first fact is read once for all
 * documents that start with it: a document costs only the part from its first fact on.
 *
 * @throws signal.reason between blocks after an abort; earlier measurements have been handed over
 */
export async function runPlans(options: RunOptions): Promise<void> {
  const { engine, signal } = options;
  /** A state after each length that was reached. */
  const ends = new Map<number, ModelState>();
  try {
    await readAll(options, ends);
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
    if (ends.size > 1) options.onRecords([await pace(engine, ends)]);
    throw error;
  }
  if (ends.size > 1) options.onRecords([await pace(engine, ends)]);
}

const originOf = (engine: Engine): Pick<CaseRecord, 'model' | 'provider'> => ({
  model: engine.modelId.slice(0, 12),
  provider: engine.report.provider,
});

async function readAll(options: RunOptions, ends: Map<number, ModelState>): Promise<void> {
  const { engine, plans, signal } = options;
  const fillers = new Fillers(engine, options.corpus, options.seed);
  const origin = originOf(engine);
  let current: { key: string; filler: Filler } | undefined;
  for (const plan of grouped(plans)) {
    const key = `${plan.length} ${plan.filler}`;
    if (current?.key !== key) current = { key, filler: fillers.make(plan.filler, plan.length) };
    const started = performance.now();
    const times: ReadTimes = { blocks: [] };
    const { ids, shared } = assemble(plan, current.filler, engine.tokenizer);
    const start = await current.filler.stateBefore(shared, times, signal);
    const { state, tail } = await readBlocks(engine, start, ids.subarray(start.position), { times, signal });
    ends.set(plan.length, state);
    const cases = await askAll(engine, plan, state, tail, origin);
    const document: DocumentRecord = {
      ...origin,
      type: 'document',
      plan: plan.id,
      length: plan.length,
      tokensRead: times.blocks.length * engine.config.blockSize,
      seconds: (performance.now() - started) / 1000,
      millisecondsPerToken:
        times.blocks.length < TIMED_BLOCKS ? null : median(times.blocks.slice(-TIMED_BLOCKS)) / engine.config.blockSize,
      stateBytes: stateBytes(state),
      residentBytes: process.memoryUsage().rss,
    };
    options.onRecords([...cases, document]);
    const right = cases.filter((one) => one.right).length;
    const cost = `${document.tokensRead} tokens read in ${document.seconds.toFixed(1)} s`;
    options.onProgress?.(
      `${describeLength(plan.length).padStart(5)} ${plan.id}: ${right} of ${cases.length} right, ${cost}`,
    );
  }
}

/** Groups plans of the same length and filler, those with the longest common part last. */
function grouped(plans: readonly Plan[]): Plan[] {
  const depth = (plan: Plan): number => Math.min(1, ...plan.facts.map((one) => one.depth));
  return plans.toSorted((a, b) => a.length - b.length || a.filler - b.filler || depth(a) - depth(b));
}

async function askAll(
  engine: Engine,
  plan: Plan,
  state: ModelState,
  tail: Uint32Array,
  origin: Pick<CaseRecord, 'model' | 'provider'>,
): Promise<CaseRecord[]> {
  const { tokenizer } = engine;
  const none = tokenizer.special('<|none|>');
  const atEnd = await engine.decoder(state, tail);
  const records: CaseRecord[] = [];
  for (const [item, { kind, defined, asked, depth, question, use, value }] of plan.questions.entries()) {
    const common = {
      ...origin,
      type: 'case',
      plan: plan.id,
      item,
      mode: plan.mode,
      length: plan.length,
      kind,
      defined: defined ?? null,
      asked,
      depth: depth ?? null,
      expected: value ?? null,
    } as const;
    // Enough for a value and a little more: its end must be visible, and a wrong one need not be finished.
    const room = 4 + (value === undefined ? 8 : tokenizer.encode(Buffer.from(value)).length);
    const answer = await askAfter(atEnd, tokenizer, question, room);
    records.push({
      ...common,
      form: 'question',
      got: shown(answer, none),
      right: value === undefined ? isNotFound(answer, none) : isAnswer(answer.text, value),
    });
    if (use === undefined || value === undefined) continue;
    const written = await continuePrompt(atEnd, tokenizer, Buffer.from(use, 'utf8'), room);
    records.push({ ...common, form: 'code', got: shown(written, none), right: isWritten(written.text, value) });
  }
  return records;
}

/** Reads the same block after each length, taking turns. */
async function pace(engine: Engine, ends: ReadonlyMap<number, ModelState>): Promise<PaceRecord> {
  const { blockSize } = engine.config;
  const block = Uint32Array.from({ length: blockSize }, (_, i) => 300 + i);
  const times = new Map([...ends.keys()].map((length) => [length, [] as number[]]));
  for (let round = 0; round < PACE_ROUNDS; round++) {
    for (const [length, state] of ends) {
      const one: ReadTimes = { blocks: [] };
      await readBlocks(engine, state, block, { times: one });
      times.get(length)!.push(one.blocks[0]! / blockSize);
    }
  }
  return {
    ...originOf(engine),
    type: 'pace',
    millisecondsPerToken: Object.fromEntries([...times].map(([length, list]) => [length, median(list)])),
    rounds: PACE_ROUNDS,
  };
}
