import { describe, expect, it } from 'vitest';
import { prefill, type ModelState } from '../../../../src/engine';
import { StateCodec } from '../../../../src/memory/state/codec';
import { NoteLog } from '../../../../src/memory/state/noteLog';
import { CODEC_VERSION } from '../../../../src/memory/state/sections';
import { expectSameState } from '../../../support/states';
import { fileEngine, mixedTokens } from '../../../support/tinyModel';

const engine = await fileEngine();
const { config } = engine;
const codec = new StateCodec(engine);
const tokens = mixedTokens(6 * config.blockSize);
const states: ModelState[] = [engine.initialState()];
await prefill(engine, engine.initialState(), tokens, { onBlock: (state) => void states.push(state) });

const encoded = (state: ModelState): Buffer => codec.encode(state, new NoteLog(config)).bytes;

const reason = (bytes: Buffer, by = codec): string => {
  const decoded = by.decode(bytes, tokens);
  return 'reason' in decoded ? decoded.reason : 'no reason';
};

/** Notes of a log as they come back from bytes. */
function stored(log: NoteLog, state: ModelState): NoteLog {
  const record = state.pools.map((pool, layer) => log.rows(layer, pool.positions.slice(0, pool.count)).rows);
  const decoded = codec.decodeNotes(codec.encodeNotes(record, state.position), tokens);
  if ('reason' in decoded) throw new Error(decoded.reason);
  const other = new NoteLog(config);
  for (const [layer, rows] of decoded.entries()) other.addRows(layer, { count: rows.used, rows });
  return other;
}

describe('StateCodec', () => {
  it('gives back every bit of a state and of its notes, with empty, half full and full pools', () => {
    expect(states.map((state) => state.pools[0]!.count)).toEqual([0, 0, 8, 16, 16, 16, 16]);
    for (const state of states) {
      const log = new NoteLog(config);
      const decoded = codec.decode(codec.encode(state, log).bytes, tokens);
      if ('reason' in decoded) throw new Error(decoded.reason);
      const unpacked = codec.unpack(decoded, stored(log, state));
      if ('reason' in unpacked) throw new Error(unpacked.reason);
      expectSameState(unpacked, state);
    }
  });

  it('writes the notes of states of one text once', () => {
    const log = new NoteLog(config);
    for (const state of states) codec.encode(state, log);
    const before = log.bytes;
    for (const state of states) codec.encode(state, log);
    expect(log.bytes).toBe(before);
  });

  it('takes about a byte for each number of a state, and of its notes only the places', () => {
    const { layers, headCount, stateSize, headDim, blockSize, noteWidth, noteLayers } = config;
    const numbers = layers * headCount * stateSize * headDim + 2 * noteLayers.length * blockSize * noteWidth;
    expect(encoded(states[1]!).length).toBeLessThan(1.2 * numbers);
    const places = states[4]!.pools.reduce((sum, { count }) => sum + 4 * count, 0);
    expect(encoded(states[4]!).length - encoded(states[1]!).length).toBe(places);
  });

  it('never writes into the shared initial state', () => {
    codec.decode(encoded(states[5]!), tokens);
    expect(engine.initialState().pools[0]!.key.every((x) => x === 0)).toBe(true);
  });

  it('says so when notes of a state are gone', () => {
    const { packed } = codec.encode(states[4]!, new NoteLog(config));
    expect(codec.unpack(packed, new NoteLog(config))).toEqual({ reason: 'some of its notes are gone' });
  });

  it('refuses a damaged state, wherever the damage is', () => {
    const bytes = encoded(states[3]!);
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
    const bytes = encoded(states[2]!);
    bytes.writeUInt32LE(99, 4);
    expect(reason(bytes)).toBe(`it has format 99, and this version of MemMamba reads format ${CODEC_VERSION}`);
  });

  it('refuses the state of another model, and one whose shapes differ', () => {
    const other = new StateCodec({ config: engine.config, modelId: 'f'.repeat(64) });
    expect(reason(other.encode(states[2]!, new NoteLog(config)).bytes)).toBe(
      'it belongs to another model (ffffffffffff)',
    );
    const focused = { ...engine.config, poolSize: 8 };
    const small = new StateCodec({ config: focused, modelId: engine.modelId });
    expect(reason(encoded(states[4]!), small)).toBe('its pool does not match this model');
  });
});
