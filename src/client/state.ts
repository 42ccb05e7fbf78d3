import { PROTOCOL_VERSION, type ServerStatus } from '../protocol';

/** The client's state as one value, from which everything visible is derived. */
export type ClientState =
  | { kind: 'starting' }
  | { kind: 'running'; status: ServerStatus }
  /** The process exited and is started again after a delay. */
  | { kind: 'restarting'; attempt: number; milliseconds: number }
  /** It exited too often, or cannot be started. */
  | { kind: 'stopped'; message: string }
  /** It uses another version of the protocol: no requests are sent. */
  | { kind: 'mismatched'; protocolVersion: number };

/** The client's state for a server status, after comparing the versions of both sides. */
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
