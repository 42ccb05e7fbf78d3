import {
  isMeasured,
  throwIfAborted,
  yieldToEvents,
  type FidelityReport,
  type FidelitySample,
  type HorizontalFidelity,
  type Measured,
  type VerticalFidelity,
} from '../../common';
import { readablePools } from '../archive';
import type { ModelConfig } from '../config';
import type { ReadingEngine } from '../readingEngine';
import { seededRandom } from '../random';
import type { ModelState } from '../state';
import { cueBefore, logProbabilities, surpriseRemoved } from './functional';
import { meanWithInterval } from './interval';
import { distanceEdges, planSamples, type PlannedBlock } from './plan';
import type { Probe } from './probe';
import { heldBy } from './read';
import { recoverToken, type Recovered } from './representational';
import { LayerMoments } from './vertical';

/** A text that was read; the `FileReading` of src/memory is one. */
export interface FidelitySource {
  /** Header and text. */
  readonly tokens: Uint32Array;
  readonly headerTokens: number;
  /** After the last whole block. */
  readonly state: ModelState;
  /** Positions of states that are available at no cost. */
  readonly checkpoints?: readonly number[];
  /** The state at the last block boundary at or before a token. */
  stateAt(tokenIndex: number, signal?: AbortSignal): Promise<ModelState>;
}

export interface FidelityOptions {
  /** Number of tokens to sample; default 192. */
  readonly samples?: number;
  /** The same seed samples the same tokens; default 1. */
  readonly seed?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of steps done and of all steps. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** With fewer tokens per dimension than this, the figures for layers say more about the sample than about the text. */
const TOKENS_PER_DIMENSION = 4;

/** What was measured for one token; the report is made of these. */
interface Observed {
  readonly position: number;
  readonly block: number;
  readonly recovered: Recovered | undefined;
}

/**
 * Measures how much of a text is still in memory at its end (definitions: README.md in this folder). Costs a run of the model per
 * sampled block and two short ones per sampled token, whatever the length of the text, plus reading from the nearest stored state
 * to each block.
 * @throws signal.reason between two steps after an abort; UserError when the probe's files are damaged
 */
export async function measureFidelity(
  engine: ReadingEngine,
  source: FidelitySource,
  options: FidelityOptions = {},
): Promise<FidelityReport> {
  const { samples = 192, seed = 1, signal, onProgress } = options;
  throwIfAborted(signal);
  const { config } = engine;
  const { tokens, state } = source;
  const memory = { ...state, pools: readablePools(config, state) };
  const probe = await engine.probe();
  const plan = planSamples({
    tokens: tokens.length,
    headerTokens: source.headerTokens,
    readTokens: state.position,
    blockSize: config.blockSize,
    checkpoints: source.checkpoints ?? [],
    samples,
    seed,
  });
  const total = plan.reduce((sum, { positions }) => sum + positions.length + 1, 0);
  let done = 0;
  const step = async (): Promise<void> => {
    onProgress?.(++done, total);
    await yieldToEvents();
    throwIfAborted(signal);
  };
  const { observed, moments } = await observeBlocks(engine, source, memory, plan, probe, step, signal);
  const functional = await predictTokens(engine, source, observed, step);

  const found: FidelitySample[] = observed.map(({ position, recovered }, i) => ({
    position,
    distance: tokens.length - position,
    heldBy: heldBy(config, memory, position),
    ...(recovered && { representational: recovered.withMemory - recovered.withNothing }),
    functional: functional[i]!.score,
  }));
  const random = seededRandom(seed);
  const summary = (values: readonly number[], withMemory: number, withNothing: number): Measured<HorizontalFidelity> =>
    values.length === 0
      ? { absent: 'short-text' }
      : {
          score: meanWithInterval(
            values.map((value, i) => ({ block: observed[i]!.block, value })),
            random,
          ),
          withMemory,
          withNothing,
        };
  const recovered = observed.flatMap((one) => one.recovered ?? []);
  return {
    tokens: tokens.length,
    seed,
    representational: isMeasured(probe)
      ? summary(
          recovered.map((one) => one.withMemory - one.withNothing),
          mean(recovered.map((one) => one.withMemory)),
          mean(recovered.map((one) => one.withNothing)),
        )
      : { absent: probe.absent },
    functional: summary(
      functional.map(({ score }) => score),
      Math.exp(mean(functional.map(({ withMemory }) => withMemory))),
      Math.exp(mean(functional.map(({ withNothing }) => withNothing))),
    ),
    vertical: verticalFidelity(config, moments, probe),
    curve: curveOf(found, config.blockSize, tokens.length, random),
    samples: found,
    worth: isMeasured(probe) ? probe.worth : {},
  };
}

/** Reads the planned blocks again for their notes: keys as queries, values to compare with. */
async function observeBlocks(
  engine: ReadingEngine,
  source: FidelitySource,
  memory: ModelState,
  plan: readonly PlannedBlock[],
  probe: Measured<Probe>,
  step: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<{ observed: Observed[]; moments: LayerMoments[] }> {
  const { config } = engine;
  const { tokens } = source;
  const { blockSize, noteWidth } = config;
  const moments = config.noteLayers
    .slice(1)
    .map((_, i) => new LayerMoments(noteWidth, isMeasured(probe) ? probe.up[i] : undefined));
  const observed: Observed[] = [];
  for (const { block, positions } of plan) {
    const start = block * blockSize;
    const before = await source.stateAt(start, signal);
    const notes = await engine.observe(before, tokens.subarray(start, start + blockSize));
    moments.forEach((sums, i) => sums.add(notes.value[i]!, notes.value[i + 1]!));
    const targets = isMeasured(probe) ? await probe.targets(positions.map((position) => tokens[position]!)) : [];
    positions.forEach((position, i) => {
      const row = (position - start) * noteWidth;
      const keys = notes.key.map((all) => all.subarray(row, row + noteWidth));
      const recovered = isMeasured(probe) ? recoverToken(config, probe, memory, keys, targets[i]!) : undefined;
      observed.push({ position, block, recovered });
    });
    await step();
  }
  return { observed, moments };
}

/** Has the model write the sampled tokens again from their cues, with memory and without. */
async function predictTokens(
  engine: ReadingEngine,
  { tokens, headerTokens, state }: FidelitySource,
  observed: readonly Observed[],
  step: () => Promise<void>,
): Promise<{ score: number; withMemory: number; withNothing: number }[]> {
  if (observed.length === 0) return [];
  const { tokenizer } = engine;
  const [lineEnd] = tokenizer.encode(Buffer.from('\n'));
  const isLineEnd = (id: number): boolean => tokenizer.tokenBytes(id).includes(10);
  const atEnd = await engine.decoder(state, tokens.subarray(state.position));
  const blank = engine.initialState();
  const result: { score: number; withMemory: number; withNothing: number }[] = [];
  for (const { position } of observed) {
    const cue = cueBefore(tokens, position, headerTokens, isLineEnd, lineEnd!);
    const wanted = [tokens[position]!];
    const [withMemory] = await logProbabilities(atEnd.fork(), cue, wanted);
    const fresh = await engine.decoder(blank, new Uint32Array(0));
    const [withNothing] = await logProbabilities(fresh, cue, wanted);
    result.push({
      score: surpriseRemoved(withMemory!, withNothing!),
      withMemory: withMemory!,
      withNothing: withNothing!,
    });
    await step();
  }
  return result;
}

function verticalFidelity(
  { noteLayers, noteWidth }: ModelConfig,
  moments: readonly LayerMoments[],
  probe: Measured<Probe>,
): Measured<{ pairs: VerticalFidelity[] }> {
  if (moments.length === 0 || moments[0]!.rows < TOKENS_PER_DIMENSION * noteWidth) return { absent: 'short-text' };
  const pairs = moments.map((sums, i): VerticalFidelity => {
    const about = { from: noteLayers[i]!, to: noteLayers[i + 1]!, tokens: sums.rows, cka: sums.cka() };
    if (!isMeasured(probe)) return { ...about, probe: { absent: probe.absent } };
    const { explained, nats } = sums.information();
    const bound = Math.max(0, nats);
    const share = 1 - Math.exp((-2 * bound) / noteWidth);
    return { ...about, probe: { explained, bits: bound / Math.LN2, share } };
  });
  return { pairs };
}

function curveOf(
  samples: readonly FidelitySample[],
  blockSize: number,
  tokens: number,
  random: () => number,
): FidelityReport['curve'] {
  const edges = distanceEdges(tokens);
  return edges.flatMap((from, i) => {
    const to = edges[i + 1] ?? tokens + 1;
    const inside = samples.filter(({ distance }) => distance >= from && distance < to);
    if (inside.length === 0) return [];
    const block = ({ position }: FidelitySample): number => Math.floor(position / blockSize);
    const recovered = inside.flatMap((one) =>
      one.representational === undefined ? [] : [{ block: block(one), value: one.representational }],
    );
    return [
      {
        from,
        to,
        count: inside.length,
        held: inside.filter((one) => one.heldBy.length > 0).length / inside.length,
        ...(recovered.length > 0 && { representational: meanWithInterval(recovered, random) }),
        functional: meanWithInterval(
          inside.map((one) => ({ block: block(one), value: one.functional })),
          random,
        ),
      },
    ];
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
