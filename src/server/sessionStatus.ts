import type { UserError } from '../common';
import type { Engine } from '../engine';
import type { MemoryStore } from '../memory';
import type { EngineStatus, ServerPhase, StoreStatus } from '../protocol';
import type { WorkspaceFile } from '../workspace';

/** What matters of a file. */
type PhaseFile = Pick<WorkspaceFile, 'uri' | 'state' | 'document' | 'isWanted'>;

/** What the phase is told from. */
export interface PhaseFacts {
  failure: UserError | undefined;
  isReady: boolean;
  files: Iterable<PhaseFile>;
  active: PhaseFile | undefined;
  /** Whether files are read that are not open. */
  readsWorkspace: boolean;
  pausedByUser: boolean;
  pausedByBattery: boolean;
}

/** What the server is doing now. */
export function phaseOf(facts: PhaseFacts): ServerPhase {
  if (facts.failure) {
    const { code, message, hint } = facts.failure;
    return { kind: 'failed', code, message, ...(hint !== undefined && { hint }) };
  }
  if (!facts.isReady) return { kind: 'starting' };
  const due = [...facts.files].filter(
    ({ state: { kind }, document, isWanted }) =>
      kind === 'reading' ||
      ((kind === 'waiting' || kind === 'stale') && (document !== undefined || isWanted || facts.readsWorkspace)),
  );
  const filesLeft = due.length;
  // Who has paused wants to see that it is; a battery matters only where there is something to read.
  if (facts.pausedByUser) return { kind: 'paused', why: 'user', filesLeft };
  if (facts.pausedByBattery && filesLeft > 0) return { kind: 'paused', why: 'battery', filesLeft };
  const reading = due.filter(({ state }) => state.kind === 'reading');
  const shown =
    reading.find((file) => file === facts.active) ?? reading.find(({ document }) => document) ?? reading[0] ?? due[0];
  if (shown === undefined) return { kind: 'ready' };
  const { doneTokens, totalTokens } = shown.state.kind === 'reading' ? shown.state : { doneTokens: 0, totalTokens: 0 };
  return { kind: 'reading', uri: shown.uri, doneTokens, totalTokens, filesLeft };
}

/** What the model runs on. @param blockMilliseconds how long a block takes, as far as that is known */
export function engineStatus({ modelId, report, config }: Engine, blockMilliseconds: number | undefined): EngineStatus {
  const { provider, threads, attempts } = report;
  return {
    model: modelId.slice(0, 12),
    provider,
    threads,
    attempts: attempts.map(({ provider: tried, ok, reason }) => `${tried}: ${ok ? '' : 'not used, '}${reason}`),
    ...(blockMilliseconds !== undefined && {
      tokensPerSecond: Math.round((1000 * config.runTokens) / blockMilliseconds),
    }),
  };
}

/** How often the store is counted: that takes a while when it is full. Milliseconds. */
const STORE_INTERVAL = 2000;

/** What is in the store, counted now and then. */
export class StoreWatch {
  private seen: { at: number; status: StoreStatus } | undefined;

  /** What was counted is no longer so. */
  forget(): void {
    this.seen = undefined;
  }

  status(store: MemoryStore): StoreStatus {
    const now = performance.now();
    if (this.seen === undefined || now - this.seen.at > STORE_INTERVAL) {
      const { folder, mode, states, bytes, quotaBytes } = store.stats();
      this.seen = { at: now, status: { folder, mode, states, bytes, quotaBytes, warnings: store.warnings.slice(-5) } };
    }
    return this.seen.status;
  }
}
