import { describeError, UserError, version, type Logger } from '../common';
import { Engine, type ReadingEngine } from '../engine';
import { defaultCacheFolder, MemoryStore } from '../memory';
import { defaultSettings, type ServerStatus, type Settings, PROTOCOL_VERSION } from '../protocol';
import { askWeights, QuestionEmbedder, shippedWordVectors, SpanIndex, type AskWeights } from './ask';
import { InlineCompleter, OtherFiles } from './inline';
import { modelFolder } from './modelFolder';
import { isOnBattery } from './power';
import { countStates, Library, Reader, type LibraryFile } from './reading';
import { Recalls } from './recalls';
import { Pace, Priority, Scheduler, ScheduledEngine } from './schedule';
import { engineStatus, phaseOf, StoreWatch } from './sessionStatus';

/** What needs the model: there only once it is open. */
export interface Ready {
  /** The model itself: reading and writing with it goes through `engine`. */
  model: Engine;
  engine: ReadingEngine;
  store: MemoryStore;
  reader: Reader;
  completer: InlineCompleter;
  others: OtherFiles;
  recalls: Recalls;
  /** What answers depend on besides the index: the model's own weights and, of a model with an embedding, vectors of questions. */
  asking: { weights: AskWeights; questions: QuestionEmbedder | undefined };
}

/** Of the memory for states along one document: what stands in other files may take so much more. */
const PART_FOR_OTHERS = 1 / 8;

/** How often the power supply is looked at. Milliseconds. */
const POWER_INTERVAL = 30_000;

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
  private readonly storeWatch = new StoreWatch();
  private ready: Ready | undefined;
  private failure: UserError | undefined;
  private blockMilliseconds: number | undefined;
  private closed = false;
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
        this.ready?.others.forget(file.key);
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
      const model = await Engine.open({
        modelDir: modelFolder(settings['engine.modelFolder']),
        provider: settings['engine.provider'] as 'auto' | 'cpu' | 'webgpu',
        ...(threads > 0 && { threads }),
        log: this.log,
      });
      const weights = await askWeights(model);
      const engine = new ScheduledEngine(
        model,
        () => Scheduler.turn(),
        (milliseconds) => this.measured(milliseconds),
      );
      const store = await MemoryStore.open(settings['store.folder'] || defaultCacheFolder(), {
        quotaBytes: settings['store.quota'] * 1_000_000,
        log: this.log,
      });
      const others = new OtherFiles(engine, () => PART_FOR_OTHERS * this.completionBytes);
      const reader = new Reader({
        engine,
        store,
        scheduler: this.scheduler,
        maxBytes: () => this.settings['reading.maxFileSize'] * 1_000_000,
        roots: () => this.library.roots,
        prefixBytes: () => this.completionBytes,
        log: this.log,
        readsWorkspace: () => this.settings['reading.workspace'],
        changed: this.changed,
        wasRead: (file, { bytes }, reading) => {
          const { key, name } = file;
          others.wasRead(file, reading);
          this.index
            .set(key, name, bytes, reading.embeddings)
            .catch((error: unknown) => this.log.error(`${name} cannot be searched: ${describeError(error)}`));
        },
      });
      const questions = QuestionEmbedder.of(engine, (work, signal) =>
        this.scheduler.run({ priority: () => Priority.ask, signal }, work),
      );
      if (this.closed) {
        await store.close();
        await model.dispose();
        return;
      }
      const recalls = new Recalls(engine.config);
      this.ready = {
        model,
        engine,
        store,
        reader,
        recalls,
        asking: { weights, questions },
        others,
        completer: new InlineCompleter(engine, this.scheduler, this.log, recalls, others),
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
    const { store, completer, others, recalls } = this.tools;
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
      others.forget(file.key);
      recalls.forget(file.key);
      states += store.forget(file.key);
    }
    this.storeWatch.forget();
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
    await this.ready?.model.dispose();
    this.ready = undefined;
  }

  status(): ServerStatus {
    const { active, ready, pace, library } = this;
    const phase = phaseOf({
      failure: this.failure,
      isReady: ready !== undefined,
      files: library.files.values(),
      active,
      readsWorkspace: this.settings['reading.workspace'],
      pausedByUser: pace.pausedByUser,
      pausedByBattery: pace.pausedByBattery,
    });
    return {
      protocolVersion: PROTOCOL_VERSION,
      serverVersion: version,
      processId: process.pid,
      phase,
      ...(ready && {
        engine: engineStatus(ready.model, this.blockMilliseconds),
        store: this.storeWatch.status(ready.store),
      }),
      counts: countStates(library.files.values()),
      ...(active && { active: { uri: active.uri, state: active.state, completionWaits: this.completionWaits } }),
    };
  }

  /** What states for completions in one document may take. */
  private get completionBytes(): number {
    return this.settings['completion.enabled'] ? this.settings['completion.memoryLimit'] * 1_000_000 : 0;
  }

  private measured(milliseconds: number): void {
    const before = this.blockMilliseconds;
    this.blockMilliseconds = before === undefined ? milliseconds : 0.9 * before + 0.1 * milliseconds;
  }
}
