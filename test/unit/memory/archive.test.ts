import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestSlots, prefill, type ModelState } from '../../../src/engine';
import { FileMemory, NoteLog } from '../../../src/memory';
import { StateCodec } from '../../../src/memory/state/codec';
import { memoryViewModel } from '../../../src/server';
import { PrefixStates } from '../../../src/server/prefix';
import { document, lines, openStore } from '../../support/documents';
import { expectSameState } from '../../support/states';
import { archiveEngine, archiveSize, mixedTokens } from '../../support/tinyModel';

const engine = await archiveEngine();
const { config } = engine;
const { blockSize } = config;
const BLOCKS = 14;
const tokens = mixedTokens(BLOCKS * blockSize);
const states: ModelState[] = [engine.initialState()];
await prefill(engine, states[0]!, tokens, { onBlock: (state) => void states.push(state) });
const codec = new StateCodec(engine);

const log = new NoteLog(config);

function restored(state: ModelState): ModelState {
  const decoded = codec.decode(codec.encode(state, log).bytes, tokens);
  const unpacked = 'reason' in decoded ? decoded : codec.unpack(decoded, log);
  if ('reason' in unpacked) throw new Error(unpacked.reason);
  return unpacked;
}

describe('archives in stored states', () => {
  it('come back bit for bit, empty, half full and full', () => {
    expect(states[2]!.archives[0]!.count).toBe(0);
    for (const state of states) expectSameState(restored(state), state);
  });

  it('are read on from as from those in memory', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: BLOCKS - 1 }), fc.integer({ min: 1, max: 5 }), async (from, more) => {
        const to = Math.min(BLOCKS, from + more);
        const state = await prefill(engine, restored(states[from]!), tokens.subarray(from * blockSize, to * blockSize));
        expectSameState(state, states[to]!);
      }),
      { numRuns: 5 },
    );
  });

  it('are refused when they hold more than the model allows', () => {
    const small = new StateCodec({ config: { ...config, archiveSize: 8 }, modelId: engine.modelId });
    const decoded = small.decode(codec.encode(states[BLOCKS]!, log).bytes, tokens);
    expect(decoded).toEqual({ reason: 'its archive does not match this model' });
  });

  it('are found again by a document', async () => {
    const memory = new FileMemory(engine, await openStore());
    const first = await memory.read(document(lines(150)));
    expect(first.state.archives[0]!.count).toBeGreaterThan(0);
    const second = await memory.read(document(lines(150)));
    expect(second.readTokens).toBe(0);
    expectSameState(second.state, first.state);
  });
});

describe('archives along an open document', () => {
  it('come back as they were, also after an edit', () => {
    const prefix = new PrefixStates(config, 1e9);
    prefix.setTokens(tokens);
    for (const state of states) prefix.offer(state);
    const edited = tokens.slice();
    edited[10 * blockSize + 5] = 21;
    for (const text of [tokens, edited]) {
      prefix.setTokens(text);
      for (const state of states.slice(1, text === tokens ? BLOCKS : 10)) {
        const found = prefix.nearest(text.subarray(0, state.position)).restore()!;
        expect(found.position).toBe(state.position);
        expectSameState(found, state);
      }
    }
    expect(prefix.bytes).toBeGreaterThan(0);
  });
});

describe('what is shown of archives', () => {
  it('names archived notes as such, each note once, and counts none of them as lost', async () => {
    const reading = await new FileMemory(engine, await openStore()).read(document(lines(400)));
    const { state } = reading;
    const viewModel = memoryViewModel(reading, config, undefined, undefined);
    const { layer, slot, position } = viewModel.notes;
    expect(position).toEqual(position.toSorted((a, b) => a - b));
    config.noteLayers.forEach((_, j) => {
      const own = [...position.keys()].filter((i) => layer[i] === j);
      const archive = state.archives[j]!;
      const expected = bestSlots(archive, archiveSize).map((slot) => archive.rows.positions[slot]!);
      const listed = own.filter((i) => slot[i]! >= config.poolSize).map((i) => position[i]!);
      expect(listed).toEqual(expected.sort((a, b) => a - b));
      expect(own.filter((i) => slot[i]! < config.poolSize)).toHaveLength(config.poolSize);
      expect(new Set(own.map((i) => position[i])).size).toBe(own.length);
    });
    expect(viewModel.archiveSize).toBe(archiveSize);
    const offered = (state.position / blockSize - 1) * config.notesPerBlock;
    expect(viewModel.evicted.count).toEqual(config.noteLayers.map(() => offered - config.poolSize - archiveSize));
  });
});
