import type { UserError } from '../common';
import type { Engine } from '../engine';
import type { MemoryStore } from '../memory';
import type { EngineStatus, ServerPhase, StoreStatus, WorkLeft } from '../protocol';
import type { WorkspaceFile } from '../workspace';

/** What matters of a file. */
type PhaseFile = Pick<WorkspaceFile, 'uri' | 'state' | 'document' | 'isWanted' | 'size'>;

/** What the phase is derived from. */
export interface PhaseFacts {
  failure: UserError | undefined;
  isReady: boolean;
  /** Whether all folders have been scanned. */
  isExplored: boolean;
  /** Files whose words can be searched; undefined when all can. */
  words: number | undefined;
  files: readonly PhaseFile[];
  active: PhaseFile | undefined;
  /** Whether files that are not open are read. */
  readsWorkspace: boolean;
  pausedByUser: boolean;
  pausedByBattery: boolean;
  /** Measured speed, including pauses; undefined before. */
  tokensPerSecond: number | undefined;
}

/** What the server is doing now. */
export function phaseOf(facts: PhaseFacts): ServerPhase {
  if (facts.failure) {
    const { code, message, hint } = facts.failure;
    return { kind: 'failed', code, message, ...(hint !== undefined && { hint }) };
  }
  if (!facts.isReady) return { kind: 'starting' };
  const due = facts.files.filter(
    ({ state: { kind }, document, isWanted }) =>
      kind === 'reading' ||
      ((kind === 'waiting' || kind === 'stale') && (document !== undefined || isWanted || facts.readsWorkspace)),
  );
  const left = workLeft(facts.files, due, facts.tokensPerSecond);
  // Who has paused wants to see that it is; a battery matters only where there is something to read.
  if (facts.pausedByUser) return { kind: 'paused', why: 'user', ...left };
  if (!facts.isExplored || facts.words !== undefined) {
    const totalFiles = facts.files.filter(({ state }) => state.kind !== 'skipped').length;
    return { kind: 'indexing', doneFiles: Math.min(facts.words ?? totalFiles, totalFiles), totalFiles };
  }
  if (facts.pausedByBattery && due.length > 0) return { kind: 'paused', why: 'battery', ...left };
  const reading = due.filter(({ state }) => state.kind === 'reading');
  const shown =
    reading.find((file) => file === facts.active) ?? reading.find(({ document }) => document) ?? reading[0] ?? due[0];
  return shown === undefined ? { kind: 'ready' } : { kind: 'reading', uri: shown.uri, ...left };
}

/** Tokens per byte of code, as long as nothing was read. */
const USUAL_RATE = 0.3;

/** Assumed size of a file that has not been loaded yet, in bytes. */
const USUAL_SIZE = 8000;

/** What is left of everything to read. */
function workLeft(
  files: readonly PhaseFile[],
  due: readonly PhaseFile[],
  tokensPerSecond: number | undefined,
): WorkLeft {
  let tokensRead = 0;
  let bytesRead = 0;
  for (const { state, size } of files) {
    if (state.kind !== 'fresh') continue;
    tokensRead += state.tokens;
    bytesRead += size ?? state.tokens / USUAL_RATE;
  }
  const rate = bytesRead > 0 ? tokensRead / bytesRead : USUAL_RATE;
  let tokensLeft = 0;
  let tokensDone = 0;
  for (const { state, size } of due) {
    if (state.kind === 'reading') {
      tokensLeft += state.totalTokens - state.doneTokens;
      tokensDone += state.doneTokens;
    } else tokensLeft += 'tokens' in state ? state.tokens : rate * (size ?? USUAL_SIZE);
  }
  const all = tokensRead + tokensDone + tokensLeft;
  return {
    filesLeft: due.length,
    tokensLeft: Math.round(tokensLeft),
    share: all === 0 ? 0 : (tokensRead + tokensDone) / all,
    ...(tokensPerSecond !== undefined && { secondsLeft: Math.round(tokensLeft / tokensPerSecond) }),
  };
}

/** What the model runs on. @param blockMilliseconds time per block, if known */
export function engineStatus({ modelId, report, config }: Engine, blockMilliseconds: number | undefined): EngineStatus {
  const { provider, threads, attempts } = report;
  return {
    model: modelId.slice(0, 12),
    provider,
    threads,
    attempts: attempts.map(({ provider: tried, ok, reason }) => `${tried}: ${ok ? '' : 'not used, '}${reason}`),
    ...(blockMilliseconds !== undefined && {
      tokensPerSecond: Math.round(tokensPerSecond({ config }, blockMilliseconds)),
    }),
  };
}

/** Reading speed of the model. */
export function tokensPerSecond({ config }: Pick<Engine, 'config'>, blockMilliseconds: number): number {
  return (1000 * config.runTokens) / blockMilliseconds;
}

/** How often the store is counted: that takes a while when it is full. Milliseconds. */
const STORE_INTERVAL = 2000;

/** The content of the store, counted now and then. */
export class StoreWatch {
  private seen: { at: number; status: StoreStatus } | undefined;

  /** Discards the last count. */
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
