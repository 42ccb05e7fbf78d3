import { describe, expect, it } from 'vitest';
import { prefill, type ModelState } from '../../../../src/engine';
import { CODEC_VERSION, StateCodec } from '../../../../src/memory/state/codec';
import { expectSameState } from '../../../support/states';
import { fileEngine, mixedTokens } from '../../../support/tinyModel';

const engine = await fileEngine();
const codec = new StateCodec(engine);
const states: ModelState[] = [engine.initialState()];
await prefill(engine, engine.initialState(), mixedTokens(6 * engine.config.blockSize), {
  onBlock: (state) => void states.push(state),
});

const reason = (bytes: Buffer, by = codec): string => {
  const decoded = by.decode(bytes);
  return 'reason' in decoded ? decoded.reason : 'no reason';
};

describe('StateCodec', () => {
  it('gives back every bit of a state, with empty, half full and full pools', () => {
    expect(states.map((state) => state.pools[0]!.count)).toEqual([0, 0, 8, 16, 16, 16, 16]);
    for (const state of states) {
      const decoded = codec.decode(codec.encode(state));
      if ('reason' in decoded) throw new Error(decoded.reason);
      expectSameState(decoded.state, state);
    }
  });

  it('stores only the slots that are used', () => {
    const sizes = states.map((state) => codec.encode(state).length);
    expect(sizes[0]).toBeLessThan(sizes[1]!);
    const { noteWidth, noteLayers, notesPerBlock } = engine.config;
    expect(sizes[2]! - sizes[1]!).toBe(noteLayers.length * notesPerBlock * 4 * (2 * noteWidth + 4));
  });

  it('never writes into the shared initial state', () => {
    codec.decode(codec.encode(states[5]!));
    expect(engine.initialState().pools[0]!.key.every((x) => x === 0)).toBe(true);
  });

  it('refuses a damaged state, wherever the damage is', () => {
    const bytes = codec.encode(states[3]!);
    for (const at of [0, 4, 8, 12, 40, 100, bytes.length >> 1, bytes.length - 1]) {
      const hurt = Buffer.from(bytes);
      hurt[at]! ^= 0x10;
      expect(reason(hurt), `byte ${at}`).not.toBe('no reason');
    }
    for (const length of [0, 3, 11, 12, 60, bytes.length - 1]) {
      expect(reason(bytes.subarray(0, length)), `${length} bytes`).not.toBe('no reason');
    }
  });

  it('names the form of a state that another version wrote', () => {
    const bytes = codec.encode(states[2]!);
    bytes.writeUInt32LE(99, 4);
    expect(reason(bytes)).toBe(`it is written in form 99, and this version of MemMamba reads form ${CODEC_VERSION}`);
  });

  it('refuses the state of another model, and one whose shapes differ', () => {
    const other = new StateCodec({ config: engine.config, modelId: 'f'.repeat(64) });
    expect(reason(other.encode(states[2]!))).toBe('it belongs to another model (ffffffffffff)');
    const focused = { ...engine.config, poolSize: 8 };
    const small = new StateCodec({ config: focused, modelId: engine.modelId });
    expect(reason(codec.encode(states[4]!), small)).toMatch(/its part pool\.0\.\w+ does not fit this model/);
  });
});
