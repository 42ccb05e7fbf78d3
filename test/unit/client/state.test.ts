import { describe, expect, it } from 'vitest';
import { contextKey, stateOf, type ClientState } from '../../../src/client/state';
import { PROTOCOL_VERSION, type ServerPhase, type ServerStatus } from '../../../src/protocol';

const status = (protocolVersion: number, phase: ServerPhase = { kind: 'ready' }): ServerStatus => ({
  protocolVersion,
  serverVersion: '0.0.0',
  processId: 1,
  phase,
  counts: { waiting: 0, reading: 0, fresh: 0, stale: 0, skipped: 0, failed: 0 },
  asking: { words: 0, isComplete: false, tokensRead: 0 },
});

describe('the state of the client', () => {
  it('is running with a server of the same version of the protocol only', () => {
    const same = status(PROTOCOL_VERSION);
    expect(stateOf(same)).toEqual({ kind: 'running', status: same });
    for (const other of [PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1]) {
      expect(stateOf(status(other))).toEqual({ kind: 'mismatched', protocolVersion: other });
    }
  });

  it.each<[ClientState, string]>([
    [{ kind: 'starting' }, 'starting'],
    [{ kind: 'restarting', attempt: 1, milliseconds: 500 }, 'starting'],
    [{ kind: 'stopped', message: 'No.' }, 'stopped'],
    [stateOf(status(PROTOCOL_VERSION + 1)), 'stopped'],
    [stateOf(status(PROTOCOL_VERSION)), 'running'],
    [stateOf(status(PROTOCOL_VERSION, { kind: 'starting' })), 'starting'],
    [stateOf(status(PROTOCOL_VERSION, { kind: 'failed', code: 'x', message: 'No.' })), 'failed'],
  ])('%j is the context key %s', (state, key) => {
    expect(contextKey(state)).toBe(key);
  });
});
