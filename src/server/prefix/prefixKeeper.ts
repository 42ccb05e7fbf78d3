import { describeError, isAbort, type Logger } from '../../common';
import type { ModelState } from '../../engine';
import type { FileReading, TokenizedDocument } from '../../memory';
import {
  Priority,
  type EngineTasks,
  type FileKey,
  type FileObserver,
  type Workspace,
  type WorkspaceFile,
} from '../../workspace';
import { PrefixStates } from './prefixStates';

/** Documents other than the active one that keep states for completions. */
const KEPT = 2;

export interface PrefixKeeperOptions {
  workspace: Workspace;
  tasks: EngineTasks;
  /** Maximum size of the states held for completions in one document, in bytes; 0 = none. */
  prefixBytes: () => number;
  log: Logger;
}

/** Holds states for completions in the documents the user worked in most recently. */
export class PrefixKeeper implements FileObserver {
  /** The latest last; without states until some are computed. */
  private readonly recent = new Map<FileKey, PrefixStates | undefined>();
  private warming: AbortController | undefined;
  /** The user's last known position in the active file. */
  private cursorByte = 0;

  constructor(private readonly options: PrefixKeeperOptions) {}

  /** The user works here now: states are computed around the cursor first. */
  follow(file: WorkspaceFile, cursorByte: number): void {
    this.cursorByte = cursorByte;
    if (file.key === this.latest) return;
    this.use(file);
    this.warm(file);
  }

  /** The user wants to complete at this position of a document restored from the store: states are computed there first. */
  prepare(file: WorkspaceFile, cursorByte: number): void {
    if (file !== this.options.workspace.active) return;
    this.cursorByte = cursorByte;
    this.warm(file);
  }

  /** The states of a document, if there are any. */
  of({ key }: Pick<WorkspaceFile, 'key'>): PrefixStates | undefined {
    return this.recent.get(key);
  }

  onDue(file: WorkspaceFile): void {
    if (file.document === undefined) this.onDropped(file);
  }

  onReading(file: WorkspaceFile, { tokens }: TokenizedDocument): ((state: ModelState) => void) | undefined {
    if (file.document === undefined) return undefined;
    if (file === this.options.workspace.active) this.use(file);
    this.statesOf(file)?.setTokens(tokens);
    return (state) => this.of(file)?.offer(state);
  }

  onRead(file: WorkspaceFile): void {
    if (file === this.options.workspace.active) this.warm(file);
  }

  onDropped({ key }: WorkspaceFile): void {
    this.recent.delete(key);
  }

  close(): void {
    this.warming?.abort();
  }

  private get latest(): FileKey | undefined {
    return [...this.recent.keys()].at(-1);
  }

  private use({ key }: WorkspaceFile): void {
    const states = this.recent.get(key);
    this.recent.delete(key);
    this.recent.set(key, states);
    for (const old of this.recent.keys()) {
      if (this.recent.size <= 1 + KEPT) break;
      this.recent.delete(old);
    }
  }

  /**
   * Reads a document restored from the store again, to have states everywhere in it, first around the cursor. Runs in the
   * background, one document at a time, and ends when the text changes.
   */
  private warm(file: WorkspaceFile): void {
    const reading = file.current;
    const states = reading && this.statesOf(file);
    if (!reading || !states) return;
    this.warming?.abort();
    const controller = new AbortController();
    this.warming = controller;
    const { signal } = controller;
    this.fill(file, reading, states, signal).catch((error: unknown) => {
      if (!isAbort(error, signal))
        this.options.log.error(`states of ${file.name} are missing: ${describeError(error)}`);
    });
  }

  private async fill(
    file: WorkspaceFile,
    reading: FileReading,
    states: PrefixStates,
    signal: AbortSignal,
  ): Promise<void> {
    states.setTokens(reading.tokens);
    const cursor = reading.headerTokens + reading.offsets.tokenAtByte(this.cursorByte);
    const missing = states.gaps(reading.state.position);
    const begin = Math.max(0, ...reading.checkpoints.filter((at) => at <= cursor));
    const targets = [...missing.filter((at) => at >= begin), ...missing.filter((at) => at < begin)];
    // Around the cursor someone may be waiting; the rest has time.
    let isNear = true;
    const priority = (): Priority => {
      if (file.key !== this.latest) return Priority.workspace;
      return isNear ? Priority.active : Priority.open;
    };
    await this.options.tasks.run({ priority, signal }, async (engine) => {
      const here = reading.with(engine);
      for (const target of targets) {
        isNear = target >= begin && target <= cursor;
        await engine.turn();
        if (file.current !== reading) return;
        // A state straight from the store was not read, so nobody was notified of it.
        states.offer(await here.stateAt(target, signal, (state) => states.offer(state)));
      }
    });
  }

  private statesOf({ key }: WorkspaceFile): PrefixStates | undefined {
    if (!this.recent.has(key)) return undefined;
    const limit = this.options.prefixBytes();
    let states = this.recent.get(key);
    if (limit === 0) states = undefined;
    else if (states) states.setLimit(limit);
    else states = new PrefixStates(this.options.tasks.engine.config, limit);
    this.recent.set(key, states);
    return states;
  }
}
