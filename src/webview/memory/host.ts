import type { MemoryViewMessage } from '../../protocol';
import type { SortOrder } from './rows';
import type { StripRange } from './stripRange';

export type ListName = 'notes' | 'evicted' | 'attended' | 'changes';

/** State that the panel keeps while it is hidden, and across reloads. */
export interface KeptState {
  uri?: string | undefined;
  list: ListName;
  layer: number;
  order: SortOrder;
  scrollTop: number;
  range?: StripRange | undefined;
  isFidelityOpen: boolean;
  isFactsFolded: boolean;
}

interface Host {
  postMessage(message: MemoryViewMessage): void;
  getState(): Partial<KeptState> | undefined;
  setState(state: KeptState): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();

const kept: KeptState = {
  list: 'notes',
  layer: -1,
  order: 'line',
  scrollTop: 0,
  isFidelityOpen: false,
  isFactsFolded: false,
  ...host.getState(),
};

/** What was kept, as it is now. */
export function keptState(): Readonly<KeptState> {
  return kept;
}

export function keep(change: Partial<KeptState>): void {
  Object.assign(kept, change);
  host.setState(kept);
}

export function send(message: MemoryViewMessage): void {
  host.postMessage(message);
}
