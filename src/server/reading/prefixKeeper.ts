import { describeError, isAbort, type Logger } from '../../common';
import type { ReadingEngine } from '../../engine';
import { PrefixStates } from '../prefix';
import { Priority, watchingStates, type Scheduler } from '../schedule';
import type { LibraryFile } from './file';

/** Documents other than the active one that keep states for completions. */
const KEPT = 2;

export interface PrefixKeeperOptions {
  engine: ReadingEngine;
  scheduler: Scheduler;
  /** Bytes that the states held for completions in one document may take; 0 = none are held. */
  prefixBytes: () => number;
  log: Logger;
}

/** Holds states for completions in the documents in which the user works, the latest few. */
export class PrefixKeeper {
  /** The latest last. */
  private readonly recent: LibraryFile[] = [];
  private warming: AbortController | undefined;

  constructor(private readonly options: PrefixKeeperOptions) {}

  /** The user works in this file now. */
  use(file: LibraryFile): void {
    this.drop(file);
    this.recent.push(file);
    if (this.recent.length > 1 + KEPT) this.recent.shift()!.prefix = undefined;
  }

  /** A file is gone. */
  drop(file: LibraryFile): void {
    const known = this.recent.indexOf(file);
    if (known >= 0) this.recent.splice(known, 1);
  }

  /** The document is about to be read as these tokens: its states are collected if the user works in it. */
  expect(file: LibraryFile, tokens: Uint32Array): void {
    if (this.recent.includes(file)) this.statesOf(file)?.setTokens(tokens);
  }

  /**
   * Reads a document that came from the store once more, to have states at hand everywhere in it; first around the cursor. Goes on
   * in the background, one document at a time, and ends when the text changes.
   */
  warm(file: LibraryFile, cursorByte: number): void {
    this.warming?.abort();
    const controller = new AbortController();
    this.warming = controller;
    const { signal } = controller;
    this.fill(file, cursorByte, signal).catch((error: unknown) => {
      if (!isAbort(error, signal))
        this.options.log.error(`states of ${file.name} are missing: ${describeError(error)}`);
    });
  }

  close(): void {
    this.warming?.abort();
  }

  private async fill(file: LibraryFile, cursorByte: number, signal: AbortSignal): Promise<void> {
    const reading = file.current;
    const states = reading && this.statesOf(file);
    if (!reading || !states) return;
    states.setTokens(reading.tokens);
    const cursor = reading.headerTokens + reading.offsets.tokenAtByte(cursorByte);
    const missing = states.gaps(reading.state.position);
    const begin = Math.max(0, ...reading.checkpoints.filter((at) => at <= cursor));
    const targets = [...missing.filter((at) => at >= begin), ...missing.filter((at) => at < begin)];
    // Around the cursor someone may be waiting; the rest has time.
    let isNear = true;
    const priority = (): Priority => {
      if (file !== this.recent.at(-1)) return Priority.workspace;
      return isNear ? Priority.active : Priority.open;
    };
    await this.options.scheduler.run({ priority, signal }, (turn) =>
      watchingStates(
        (state) => states.offer(state),
        async () => {
          for (const target of targets) {
            isNear = target >= begin && target <= cursor;
            await turn();
            if (file.current !== reading) return;
            // A state straight from the store was not read, so nobody was told of it.
            states.offer(await reading.stateAt(target, signal));
          }
        },
      ),
    );
  }

  private statesOf(file: LibraryFile): PrefixStates | undefined {
    const limit = this.options.prefixBytes();
    if (limit === 0) file.prefix = undefined;
    else if (file.prefix) file.prefix.setLimit(limit);
    else file.prefix = new PrefixStates(this.options.engine.config, limit);
    return file.prefix;
  }
}
