import { PROTOCOL_VERSION, type ServerStatus } from '../protocol';

/** What is going on, as one value; everything that is shown is derived from it. */
export type ClientState =
  | { kind: 'starting' }
  | { kind: 'running'; status: ServerStatus }
  /** The process ended by itself and is started again after a pause. */
  | { kind: 'restarting'; attempt: number; milliseconds: number }
  /** It ended too often, or cannot be started. */
  | { kind: 'stopped'; message: string }
  /** It speaks another version of the protocol: nothing is asked of it. */
  | { kind: 'mismatched'; protocolVersion: number };

/** What a status of the server means, once the versions of both sides have been compared. */
export function stateOf(status: ServerStatus): ClientState {
  const { protocolVersion } = status;
  return protocolVersion === PROTOCOL_VERSION ? { kind: 'running', status } : { kind: 'mismatched', protocolVersion };
}

/** The value of the context key `memmamba.server`. */
export function contextKey(state: ClientState): 'starting' | 'running' | 'failed' | 'stopped' {
  switch (state.kind) {
    case 'starting':
    case 'restarting':
      return 'starting';
    case 'stopped':
    case 'mismatched':
      return 'stopped';
    case 'running': {
      const { phase } = state.status;
      return phase.kind === 'starting' ? 'starting' : phase.kind === 'failed' ? 'failed' : 'running';
    }
  }
}
