import { describeError, UserError, version, plural, type Logger } from '../common';
import { Engine } from '../engine';
import { defaultCacheFolder, MemoryStore } from '../memory';
import { defaultSettings, type ServerStatus, type Settings, PROTOCOL_VERSION } from '../protocol';
import { askWeights, QuestionEmbedder, shippedWordVectors, SpanIndex, WorkspaceWords, type AskWeights } from './ask';
import { InlineCompleter, OtherFiles } from './inline';
import { modelFolder } from './modelFolder';
import { isOnBattery } from './power';
import { EngineTasks, Pace, Priority, Reader, Scheduler, Workspace, type WorkspaceFile } from '../workspace';
import { PrefixKeeper } from './prefix';
import { AttendedNotesLog } from './attendedNotes';
import { engineStatus, phaseOf, StoreWatch, tokensPerSecond } from './sessionStatus';
import { countStates } from './tree';

/** What needs the model: available once it is open. */
export interface Ready {
  model: Engine;
  /** All reading and writing with the model goes through these. */
  tasks: EngineTasks;
  store: MemoryStore;
  reader: Reader;
  prefixes: PrefixKeeper;
  completer: InlineCompleter;
  others: OtherFiles;
  attendedNotes: AttendedNotesLog;
  /** What answers depend on besides the index: the model's weights and, for a model with an embedding, question vectors. */
  asking: { weights: AskWeights; questions: QuestionEmbedder | undefined };
}

/** The n-gram index of other files may take this share of the memory for one document's states. */
const OTHER_FILES_SHARE = 1 / 8;

/** How often the power supply is checked. Milliseconds. */
const POWER_INTERVAL = 30_000;

/** The server's state and operations, without the messages. */
export class Session {
  readonly pace = new Pace();
  readonly scheduler = new Scheduler(this.pace);
  readonly workspace = new Workspace(() => this.settings['reading.maxFileSize'] * 1_000_000);
  readonly words: WorkspaceWords;
  settings: Settings = defaultSettings;
  /** Whether the last completion request in the active file got no offer because its text has not been read. */
  completionWaits = false;
  private readonly storeWatch = new StoreWatch();
  private ready: Ready | undefined;
  private failure: UserError | undefined;
  private blockMilliseconds: number | undefined;
  private closed = false;
  private powerTimer: NodeJS.Timeout | undefined;

  /** @param changed called when something visible has changed */
  constructor(
    private readonly log: Logger,
    private readonly changed: () => void,
  ) {
    // Reading waits for words: indexing them takes seconds, and lets questions find every file.
    let found = 0;
    const settled = (): void => {
      const { size } = this.words.index;
      if (size !== found) log.info(`${plural(size, 'file')} can be found by words`);
      found = size;
      void this.ready?.reader.pump();
      changed();
    };
    this.words = new WorkspaceWords(this.workspace, new SpanIndex(shippedWordVectors()), log, settled);
    this.workspace.observe({ onChanged: changed });
    this.workspace.observe(this.words);
  }

  /** Compares the client's version of the protocol: with another one, the server only says so. */
  meet(protocolVersion: number): void {
    if (protocolVersion === PROTOCOL_VERSION) return;
    this.failure = new UserError(
      'protocol-mismatch',
      `The extension uses protocol version ${protocolVersion}, and its server (${version}) version ${PROTOCOL_VERSION}.`,
      'Reload the window; if that does not help, install MemMamba again.',
    );
    this.log.error(this.failure.message);
  }

  /** Opens the model and the store, and starts reading. A model that cannot be used is a status, not an error. */
  async open(): Promise<void> {
    if (this.failure) return;
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
      const store = await MemoryStore.open(settings['store.folder'] || defaultCacheFolder(), {
        quotaBytes: settings['store.quota'] * 1_000_000,
        log: this.log,
      });
      if (this.closed) {
        await store.close();
        await model.dispose();
        return;
      }
      this.begin(model, store, weights);
    } catch (error) {
      this.failure =
        error instanceof UserError
          ? error
          : new UserError('engine-failed', `The model cannot be used: ${describeError(error)}.`);
      this.log.error(this.failure.message);
    }
    this.changed();
  }

  /** Model and store are ready: connects everything that follows the files. */
  private begin(model: Engine, store: MemoryStore, weights: AskWeights): void {
    const { log, workspace, scheduler } = this;
    const tasks = new EngineTasks(model, scheduler, (milliseconds) => this.measured(milliseconds));
    const others = new OtherFiles(model, () => OTHER_FILES_SHARE * this.completionBytes);
    const reader = new Reader({
      workspace,
      tasks,
      store,
      readsWorkspace: () => this.settings['reading.workspace'] && this.workspace.isExplored && !this.words.isBehind,
    });
    const prefixes = new PrefixKeeper({ workspace, tasks, prefixBytes: () => this.completionBytes, log });
    const attendedNotes = new AttendedNotesLog(model.config);
    const questions = QuestionEmbedder.of(model, (work, signal) =>
      tasks.run({ priority: () => Priority.ask, signal }, work),
    );
    const completer = new InlineCompleter(tasks, log, attendedNotes, (file) => prefixes.of(file), others);
    log.info(`the model is ready on ${model.report.provider}, ${plural(model.report.threads, 'thread')}`);
    this.ready = {
      model,
      tasks,
      store,
      reader,
      prefixes,
      attendedNotes,
      others,
      completer,
      asking: { weights, questions },
    };
    for (const observer of [others, attendedNotes, completer]) {
      workspace.observe({ onDropped: ({ key }) => observer.forget(key) });
    }
    workspace.observe({ onRead: (file, reading) => others.wasRead(file, reading) });
    workspace.observe(prefixes);
    workspace.observe(reader);
  }

  /** What needs the model. @throws UserError when it is not available (yet) */
  get tools(): Ready {
    if (this.ready) return this.ready;
    throw this.failure ?? new UserError('starting', 'The model is still being loaded.', 'Try again in a moment.');
  }

  /** What needs the model, or undefined: for work that is skipped without it. */
  get toolsIfReady(): Ready | undefined {
    return this.ready;
  }

  /** Applies settings that can change at any time. */
  async apply(settings: Settings): Promise<void> {
    this.settings = settings;
    this.pace.share = settings['reading.cpuShare'] / 100;
    await this.checkPower();
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
    const file = uri === undefined ? undefined : this.workspace.byUri(uri);
    if (file !== this.workspace.active) this.completionWaits = false;
    this.workspace.active = file;
    const { ready } = this;
    const document = file?.document;
    if (ready && document) {
      const cursor = { line, character };
      const cursorByte = Buffer.byteLength(document.getText().slice(0, document.offsetAt(cursor)));
      ready.prefixes.follow(file, cursorByte);
      void ready.completer.prepare(file, document, cursor, this.settings).then((isReady) => {
        if (!isReady) ready.prefixes.prepare(file, cursorByte);
      });
    }
    this.scheduler.wake();
    this.changed();
  }

  /** Checks the power supply now and from time to time. */
  async checkPower(): Promise<void> {
    clearTimeout(this.powerTimer);
    if (this.closed) return;
    const rests = this.settings['reading.pauseOnBattery'] && (await isOnBattery());
    if (rests !== this.pace.pausedByBattery) {
      this.pace.pausedByBattery = rests;
      this.scheduler.wake();
      this.changed();
    }
    this.powerTimer = setTimeout(() => void this.checkPower(), POWER_INTERVAL);
    this.powerTimer.unref();
  }

  /** Forgets files, or everything. @returns how many states were dropped */
  forget(files: readonly WorkspaceFile[] | 'everything'): number {
    const { reader } = this.tools;
    const states = files === 'everything' ? reader.forgetAll() : reader.forget(files);
    this.storeWatch.forget();
    this.changed();
    return states;
  }

  /** Stops reading; what was read so far is stored. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.powerTimer);
    this.words.close();
    this.ready?.prefixes.close();
    await this.ready?.reader.close();
    await this.scheduler.close();
    await this.ready?.store.close();
    await this.ready?.model.dispose();
    this.ready = undefined;
  }

  status(): ServerStatus {
    const { ready, pace, workspace, words } = this;
    const { active } = workspace;
    const files = [...workspace.files.values()];
    const inWords = files.filter((file) => words.has(file)).length;
    const phase = phaseOf({
      failure: this.failure,
      isReady: ready !== undefined,
      isExplored: workspace.isExplored,
      words: words.isBehind ? inWords : undefined,
      files,
      active,
      readsWorkspace: this.settings['reading.workspace'],
      pausedByUser: pace.pausedByUser,
      pausedByBattery: pace.pausedByBattery,
      tokensPerSecond:
        ready && this.blockMilliseconds && tokensPerSecond(ready.model, this.blockMilliseconds) * pace.share,
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
      counts: countStates(files),
      asking: {
        words: inWords,
        isComplete: workspace.isExplored && files.every((file) => file.isOut || words.has(file)),
        tokensRead: files.reduce((sum, { state }) => sum + (state.kind === 'fresh' ? state.tokens : 0), 0),
      },
      ...(active && { active: { uri: active.uri, state: active.state, completionWaits: this.completionWaits } }),
    };
  }

  /** Maximum size of the states for completions in one document. */
  private get completionBytes(): number {
    return this.settings['completion.enabled'] ? this.settings['completion.memoryLimit'] * 1_000_000 : 0;
  }

  private measured(milliseconds: number): void {
    const before = this.blockMilliseconds;
    this.blockMilliseconds = before === undefined ? milliseconds : 0.9 * before + 0.1 * milliseconds;
  }
}
