import { describe, expect, it } from 'vitest';
import { prefill, type ModelState } from '../../../../src/engine';
import { PrefixStates } from '../../../../src/server/prefix';
import { expectSameState } from '../../../support/states';
import { fileEngine, mixedTokens } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;
const tokens = mixedTokens(12 * blockSize + 40);
const states: ModelState[] = [];
await prefill(engine, engine.initialState(), tokens.subarray(0, 12 * blockSize), {
  onBlock: (state) => void states.push(state),
});

describe('PrefixStates', () => {
  const filled = (limit = 1e9): PrefixStates => {
    const prefix = new PrefixStates(engine.config, limit);
    prefix.setTokens(tokens);
    for (const state of states) prefix.offer(state);
    return prefix;
  };

  it('gives back every state bit for bit', () => {
    const prefix = filled();
    for (const state of states) {
      const found = prefix.nearest(tokens.subarray(0, state.position + 5));
      expect(found.position).toBe(state.position);
      expectSameState(found.restore()!, state);
    }
  });

  it('keeps what stands before an edit and drops the rest', () => {
    const prefix = filled();
    const edited = tokens.slice();
    edited[5 * blockSize + 3] = 21;
    prefix.setTokens(edited);
    expect(prefix.nearest(edited).position).toBe(5 * blockSize);
    expect(prefix.nearest(tokens).position).toBe(5 * blockSize);
  });

  it('does not give a state to a text that begins otherwise', () => {
    const other = tokens.slice();
    other[0] = 21;
    expect(filled().nearest(other).position).toBe(0);
  });

  it('keeps fewer states when there is no room, evenly spread', () => {
    const whole = filled().bytes;
    const prefix = filled(whole / 5);
    expect(prefix.blocksApart).toBeGreaterThan(1);
    for (const { position } of states) {
      expect(position - prefix.nearest(tokens.subarray(0, position)).position).toBeLessThan(
        prefix.blocksApart * blockSize,
      );
    }
  });

  it('remembers a state near the cursor as it is, also after an edit', () => {
    const prefix = filled(1);
    const state = states[8]!;
    prefix.keepHot(state, tokens);
    expect(prefix.nearest(tokens).restore()).toBe(state);
  });
});
