import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../../../src/common';
import type { Prefix } from '../../../../src/server/inline/prefix';
import { NotReadYet, PrefixDecoders } from '../../../../src/server/inline/prefixDecoders';
import { EngineTasks, Priority, Scheduler } from '../../../../src/workspace';
import { recordingEngine } from '../../../support/recordingEngine';
import { fileEngine, mixedTokens } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;

const prefix = (tokens: Uint32Array, key = 'a'): Prefix => ({
  key,
  tokens,
  headerTokens: 0,
  sources: { states: undefined, reading: undefined },
});
const signal = new AbortController().signal;

/** Decoders over an engine that counts the tokens it computes. */
function countingDecoders() {
  const scheduler = new Scheduler();
  onTestFinished(() => scheduler.close());
  const { engine: inner, recording } = recordingEngine(engine);
  const counted = (): { blocks: number; tail: number } => ({
    blocks: recording.blocks,
    tail: [...recording.made, ...recording.forks].reduce((sum, { own }) => sum + own, 0),
  });
  const tasks = new EngineTasks(inner, scheduler);
  const decoders = new PrefixDecoders(tasks, silentLogger);
  const at = (wanted: Prefix, budget = 10 * blockSize, own = signal) =>
    tasks.run({ priority: () => Priority.completion, signal: own }, (task) => decoders.at(task, wanted, budget, own));
  return { counted, decoders, at, scheduler };
}

describe('PrefixDecoders', () => {
  it('does nothing twice: what was prepared is there, and while it is being made it is waited for', async () => {
    const { counted, decoders, at } = countingDecoders();
    const place = prefix(mixedTokens(2 * blockSize + 30));
    const prepared = decoders.prepare(place, 10 * blockSize);
    await decoders.prepare(prefix(place.tokens.slice()), 10 * blockSize);
    const decoder = await at(prefix(place.tokens.slice()));
    expect(await at(place)).toBe(decoder);
    expect(await prepared).toBe(true);
    expect(counted()).toEqual({ blocks: 2, tail: 30 });
    expect(decoder.position).toBe(place.tokens.length);
  });

  it('continues from the previous line, and writes what a new decoder writes', async () => {
    const { counted, at } = countingDecoders();
    const all = mixedTokens(blockSize + 50);
    await at(prefix(all.subarray(0, blockSize + 20)));
    const before = counted();
    const decoder = await at(prefix(all));
    expect(counted()).toEqual({ blocks: before.blocks, tail: before.tail + 30 });
    const fresh = await countingDecoders().at(prefix(all));
    for (const [i, logit] of fresh.logits.entries()) expect(decoder.logits[i]).toBeCloseTo(logit, 3);
  });

  it('starts from a block boundary when the next line ends in another block', async () => {
    const { counted, at } = countingDecoders();
    const all = mixedTokens(2 * blockSize + 5);
    await at(prefix(all.subarray(0, 2 * blockSize - 5)));
    await at(prefix(all));
    expect(counted().tail).toBe(blockSize - 5 + 5);
  });

  it('does not go on from a text that was changed', async () => {
    const { counted, at } = countingDecoders();
    const changed = mixedTokens(40);
    await at(prefix(changed.slice()));
    changed[3] = 100;
    await at(prefix(changed));
    expect(counted().tail).toBe(80);
  });

  it('stops preparing when the cursor moves on, but not what someone waits for', async () => {
    const { decoders, at } = countingDecoders();
    const first = prefix(mixedTokens(6 * blockSize));
    const prepared = decoders.prepare(first, 10 * blockSize);
    const waiting = at(first);
    await new Promise((resolve) => setImmediate(resolve));
    await decoders.prepare(prefix(mixedTokens(40), 'b'), 10 * blockSize);
    expect((await waiting).position).toBe(6 * blockSize);
    expect(await prepared).toBe(true);
  });

  it('says what is missing, prepared or not, and settles when it is cancelled', async () => {
    const { counted, decoders, at } = countingDecoders();
    const far = prefix(mixedTokens(9 * blockSize));
    const prepared = decoders.prepare(far, 3 * blockSize);
    await expect(at(far, 3 * blockSize)).rejects.toThrow(NotReadYet);
    expect(await prepared).toBe(false);
    expect(counted()).toEqual({ blocks: 0, tail: 0 });
    const own = new AbortController();
    void decoders.prepare(far, 10 * blockSize);
    const cancelled = at(far, 10 * blockSize, own.signal);
    own.abort();
    await expect(cancelled).rejects.toThrow(/abort/i);
  });

  it('takes the longer way when it was prepared with less to spend', async () => {
    const { decoders, at } = countingDecoders();
    const far = prefix(mixedTokens(5 * blockSize));
    void decoders.prepare(far, 2 * blockSize);
    expect((await at(far, 10 * blockSize)).position).toBe(5 * blockSize);
  });
});
