import { describeError, UserError, version, type Logger } from '../common';
import { Engine } from '../engine';
import { defaultCacheFolder, MemoryStore } from '../memory';
import {
  defaultSettings,
  type ServerPhase,
  type ServerStatus,
  type Settings,
  type StoreStatus,
  PROTOCOL_VERSION,
} from '../protocol';
import { shippedWordVectors, SpanIndex } from './ask';
import { InlineCompleter } from './inline';
import { modelFolder } from './modelFolder';
import { isOnBattery } from './power';
import { countStates, Library, Reader, type LibraryFile } from './reading';
import { Recalls } from './recalls';
import { Pace, Scheduler, turnTaking } from './schedule';

/** What needs the model: there only once it is open. */
export interface Ready {
  engine: Engine;
  store: MemoryStore;
  reader: Reader;
  completer: InlineCompleter;
  recalls: Recalls;
}

/** How often the power supply is looked at. Milliseconds. */
const POWER_INTERVAL = 30_000;

/** How often the store is counted. Milliseconds. */
const STORE_INTERVAL = 2000;

/** Everything the server knows and does, without the messages by which it is asked. */
export class Session {
  readonly pace = new Pace();
  readonly scheduler = new Scheduler(this.pace);
  readonly library: Library;
  readonly index = new SpanIndex(shippedWordVectors());
  settings: Settings = defaultSettings;
  active: LibraryFile | undefined;
  /** Whether the last completion in the active file was not offered because its text is not read. */
  completionWaits = false;
  private ready: Ready | undefined;
  private failure: UserError | undefined;
  private blockMilliseconds: number | undefined;
  private closed = false;
  private storeSeen: { at: number; status: StoreStatus } | undefined;
  private powerTimer: NodeJS.Timeout | undefined;

  /** @param changed something visible has changed */
  constructor(
    private readonly log: Logger,
    private readonly changed: () => void,
  ) {
    this.library = new Library({
      changed,
      due: (file) => this.ready?.reader.due(file),
      removed: (file) => {
        this.index.delete(file.key);
        this.ready?.reader.drop(file);
        this.ready?.completer.forget(file.key);
        this.ready?.recalls.forget(file.key);
        if (this.active === file) this.active = undefined;
      },
    });
  }

  /** Opens the model and the store, and begins to read. A model that cannot be used is a status, not an error. */
  async open(): Promise<void> {
    try {
      const { settings } = this;
      const threads = settings['engine.threads'];
      const bare = await Engine.open({
        modelDir: modelFolder(settings['engine.modelFolder']),
        provider: settings['engine.provider'] as 'auto' | 'cpu' | 'webgpu',
        ...(threads > 0 && { threads }),
        log: this.log,
      });
      const engine = turnTaking(bare, (milliseconds) => this.measured(milliseconds));
      const store = await MemoryStore.open(settings['store.folder'] || defaultCacheFolder(), {
        quotaBytes: settings['store.quota'] * 1_000_000,
        log: this.log,
      });
      const reader = new Reader({
        engine,
        store,
        scheduler: this.scheduler,
        maxBytes: () => this.settings['reading.maxFileSize'] * 1_000_000,
        prefixBytes: () =>
          this.settings['completion.enabled'] ? this.settings['completion.memoryLimit'] * 1_000_000 : 0,
        log: this.log,
        readsWorkspace: () => this.settings['reading.workspace'],
        changed: this.changed,
        wasRead: ({ key, name }, { bytes }) => {
          this.index
            .set(key, name, bytes)
            .catch((error: unknown) => this.log.error(`${name} cannot be searched: ${describeError(error)}`));
        },
      });
      if (this.closed) {
        await store.close();
        await bare.dispose();
        return;
      }
      const recalls = new Recalls(engine.config);
      this.ready = {
        engine,
        store,
        reader,
        recalls,
        completer: new InlineCompleter(engine, this.scheduler, this.log, recalls),
      };
      reader.setActive(this.active);
      for (const file of this.library.files.values()) {
        if (file.state.kind === 'waiting' || file.state.kind === 'stale') reader.due(file);
      }
    } catch (error) {
      this.failure =
        error instanceof UserError
          ? error
          : new UserError({
              code: 'engine-failed',
              message: `The model cannot be used: ${describeError(error)}.`,
              cause: error,
            });
      this.log.error(this.failure.message);
    }
    this.changed();
  }

  /** What needs the model. @throws UserError when it is not there (yet) */
  get tools(): Ready {
    if (this.ready) return this.ready;
    throw (
      this.failure ??
      new UserError({ code: 'starting', message: 'The model is still being loaded.', hint: 'Try again in a moment.' })
    );
  }

  /** What needs the model, or undefined: for work that is simply not done without it. */
  get toolsIfReady(): Ready | undefined {
    return this.ready;
  }

  /** Takes over settings that can change at any time. */
  async apply(settings: Settings): Promise<void> {
    this.settings = settings;
    this.pace.share = settings['reading.cpuShare'] / 100;
    await this.lookAtPower();
    void this.ready?.reader.pump();
    this.scheduler.wake();
    this.changed();
  }

  setCompletionWaits(waits: boolean): void {
    if (waits === this.completionWaits) return;
    this.completionWaits = waits;
    this.changed();
  }

  setPaused(paused: boolean): void {
    this.pace.pausedByUser = paused;
    this.scheduler.wake();
    this.changed();
  }

  /** The user is typing or asking: the workspace waits a little. */
  noteActivity(): void {
    setTimeout(() => this.scheduler.wake(), this.pace.noteActivity() + 1).unref();
  }

  setActive(uri: string | undefined, line = 0, character = 0): void {
    const file = uri === undefined ? undefined : this.library.byUri(uri);
    if (file !== this.active) this.completionWaits = false;
    this.active = file;
    const document = file?.document;
    const cursor = { line, character };
    const offset = document?.offsetAt(cursor) ?? 0;
    const cursorByte = Buffer.byteLength(document?.getText().slice(0, offset) ?? '');
    const { ready } = this;
    ready?.reader.setActive(file, cursorByte);
    if (ready && document) {
      void ready.completer.prepare(file, document, cursor, this.settings).then((isReady) => {
        if (!isReady) ready.reader.prepare(file, cursorByte);
      });
    }
    this.scheduler.wake();
    this.changed();
  }

  /** Looks at the power supply now and from time to time. */
  async lookAtPower(): Promise<void> {
    clearTimeout(this.powerTimer);
    if (this.closed) return;
    const rests = this.settings['reading.pauseOnBattery'] && (await isOnBattery());
    if (rests !== this.pace.pausedByBattery) {
      this.pace.pausedByBattery = rests;
      this.scheduler.wake();
      this.changed();
    }
    this.powerTimer = setTimeout(() => void this.lookAtPower(), POWER_INTERVAL);
    this.powerTimer.unref();
  }

  /** Forgets files: states, words, and what is held in memory. @returns how many states were dropped */
  forget(files: readonly LibraryFile[]): number {
    const { store, completer, recalls } = this.tools;
    let states = 0;
    for (const file of files) {
      if (file.state.kind === 'skipped') continue;
      this.library.setSkipped(file, {
        kind: 'skipped',
        reason: 'forgotten',
        why: 'forgotten at your request; it is read again when it changes or when you choose Read Again',
      });
      this.index.delete(file.key);
      completer.forget(file.key);
      recalls.forget(file.key);
      states += store.forget(file.key);
    }
    this.storeSeen = undefined;
    this.changed();
    return states;
  }

  /** Stops reading; what was read so far is stored. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.powerTimer);
    await this.ready?.reader.close(this.library.files.values());
    await this.scheduler.close();
    await this.ready?.store.close();
    await this.ready?.engine.dispose();
    this.ready = undefined;
  }

  status(): ServerStatus {
    const { active, ready, blockMilliseconds } = this;
    const report = ready?.engine.report;
    return {
      protocolVersion: PROTOCOL_VERSION,
      serverVersion: version,
      processId: process.pid,
      phase: this.phase(),
      ...(ready &&
        report && {
          engine: {
            model: ready.engine.modelId.slice(0, 12),
            provider: report.provider,
            threads: report.threads,
            attempts: report.attempts.map(
              ({ provider, ok, reason }) => `${provider}: ${ok ? '' : 'not used, '}${reason}`,
            ),
            ...(blockMilliseconds !== undefined && {
              tokensPerSecond: Math.round((1000 * ready.engine.config.blockSize) / blockMilliseconds),
            }),
          },
        }),
      ...(ready && { store: this.storeStatus(ready.store) }),
      counts: countStates(this.library.files.values()),
      ...(active && { active: { uri: active.uri, state: active.state, completionWaits: this.completionWaits } }),
    };
  }

  private phase(): ServerPhase {
    if (this.failure) {
      const { code, message, hint } = this.failure;
      return { kind: 'failed', code, message, ...(hint !== undefined && { hint }) };
    }
    if (!this.ready) return { kind: 'starting' };
    const files = [...this.library.files.values()];
    const due = files.filter(
      ({ state: { kind }, document, isWanted }) =>
        kind === 'reading' ||
        ((kind === 'waiting' || kind === 'stale') &&
          (document !== undefined || isWanted || this.settings['reading.workspace'])),
    );
    if (this.pace.pausedByUser || (this.pace.pausedByBattery && due.length > 0)) {
      return { kind: 'paused', why: this.pace.pausedByUser ? 'user' : 'battery', filesLeft: due.length };
    }
    if (due.length === 0) return { kind: 'ready' };
    const reading = due.filter(({ state }) => state.kind === 'reading');
    const shown =
      reading.find((file) => file === this.active) ?? reading.find(({ document }) => document) ?? reading[0] ?? due[0]!;
    const { state } = shown;
    const tokens = state.kind === 'reading' ? state : { doneTokens: 0, totalTokens: 0 };
    return {
      kind: 'reading',
      uri: shown.uri,
      doneTokens: tokens.doneTokens,
      totalTokens: tokens.totalTokens,
      filesLeft: due.length,
    };
  }

  /** Counting the store takes a while when it is full, so it is done now and then. */
  private storeStatus(store: MemoryStore): StoreStatus {
    const now = performance.now();
    if (this.storeSeen === undefined || now - this.storeSeen.at > STORE_INTERVAL) {
      const { folder, mode, states, bytes, quotaBytes } = store.stats();
      this.storeSeen = {
        at: now,
        status: { folder, mode, states, bytes, quotaBytes, warnings: store.warnings.slice(-5) },
      };
    }
    return this.storeSeen.status;
  }

  private measured(milliseconds: number): void {
    const before = this.blockMilliseconds;
    this.blockMilliseconds = before === undefined ? milliseconds : 0.9 * before + 0.1 * milliseconds;
  }
}
