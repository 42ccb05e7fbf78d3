import type { ServerStatus } from '../protocol';

/** What is going on, as one value; everything that is shown is derived from it. */
export type ClientState =
  | { kind: 'starting' }
  | { kind: 'running'; status: ServerStatus }
  /** The process ended by itself and is started again after a pause. */
  | { kind: 'restarting'; attempt: number; milliseconds: number }
  /** It ended too often, or cannot be started. */
  | { kind: 'stopped'; message: string };

/** The value of the context key `memmamba.server`. */
export function contextKey(state: ClientState): 'starting' | 'running' | 'failed' | 'stopped' {
  switch (state.kind) {
    case 'starting':
    case 'restarting':
      return 'starting';
    case 'stopped':
      return 'stopped';
    case 'running': {
      const { phase } = state.status;
      return phase.kind === 'starting' ? 'starting' : phase.kind === 'failed' ? 'failed' : 'running';
    }
  }
}
