import { errors, isAbort, unlessAborted } from '../common';
import { FileMemory, ReadInterruptedError, tokenize, type FileReading, type MemoryStore } from '../memory';
import { fileSkipped } from './errors';
import type { WorkspaceFile } from './file';
import { Priority, type EngineTasks, type ScheduledEngine } from './schedule';
import type { FileObserver, Workspace } from './workspace';

export interface ReaderOptions {
  workspace: Workspace;
  tasks: EngineTasks;
  store: MemoryStore;
  /** Whether files are read that nobody has opened or requested. When this changes, call {@link Reader.pump}. */
  readsWorkspace: () => boolean;
}

/** A reading in progress. */
interface Job {
  controller: AbortController;
  done: Promise<FileReading>;
  /** Of the file, when its text was taken. */
  revision: number;
  /** Someone waits for it, so it takes precedence over other readings. */
  urgent: boolean;
  /** Nothing of it may be stored any more. */
  isDropped: boolean;
}

/** An edited document is read again when typing pauses for this long. Milliseconds. */
const EDIT_PAUSE = 400;

/** Reads the files of a workspace: open documents as soon as typing pauses, everything else one by one. */
export class Reader implements FileObserver {
  private readonly queue = new Set<WorkspaceFile>();
  private readonly pauses = new Map<WorkspaceFile, NodeJS.Timeout>();
  private readonly jobs = new Map<WorkspaceFile, Job>();
  private pumping = false;
  private closing = false;

  constructor(private readonly options: ReaderOptions) {}

  /** Schedules a file: soon when it is not open, when typing pauses when it is. */
  onDue(file: WorkspaceFile): void {
    clearTimeout(this.pauses.get(file));
    if (file.document === undefined) {
      this.pauses.delete(file);
      const job = this.jobs.get(file);
      // What is being read is no longer what is on disk.
      if (job?.revision !== file.revision) job?.controller.abort();
      this.queue.add(file);
      void this.pump();
      return;
    }
    this.queue.delete(file);
    const start = (): void => {
      this.pauses.delete(file);
      if (file.document !== undefined) this.read(file).catch(() => undefined);
    };
    const first = file.reading === undefined && !this.jobs.has(file);
    this.pauses.set(file, setTimeout(start, first ? 0 : EDIT_PAUSE));
  }

  onDropped(file: WorkspaceFile): void {
    const job = this.jobs.get(file);
    if (job) {
      job.isDropped = true;
      job.controller.abort();
    }
    this.queue.delete(file);
    clearTimeout(this.pauses.get(file));
    this.pauses.delete(file);
  }

  /**
   * The reading of a file's current text; what is missing is read. If the text changes in the meantime, it is read again.
   *
   * @param urgent whether someone waits for it
   * @throws UserError file-skipped; the signal's reason (the reading itself continues)
   */
  async read(file: WorkspaceFile, urgent = false, signal?: AbortSignal): Promise<FileReading> {
    for (;;) {
      if (file.isFound) await this.options.workspace.admit(file);
      if (file.state.kind === 'skipped') throw fileSkipped(file.name, file.state.why);
      if (file.current) return file.current;
      const job = this.jobOf(file, urgent);
      const reading = await (signal ? unlessAborted(job.done, signal) : job.done).catch((error: unknown) => {
        if (signal?.aborted === true || this.closing || job.revision === file.revision) throw error;
        return undefined;
      });
      if (reading && job.revision === file.revision) return reading;
    }
  }

  /**
   * Forgets files: the only operation that drops what was read at the user's request, from the store and from all observers. They
   * are read again when they change or are requested.
   *
   * @returns how many states were dropped; states that other files share stay
   */
  forget(files: Iterable<WorkspaceFile>): number {
    let states = 0;
    for (const file of files) {
      if (file.state.kind !== 'skipped') file.apply({ type: 'forgotten' });
      states += this.options.store.forget(file.key);
    }
    return states;
  }

  /** Forgets all files, and whatever else is in the store. @returns how many states were dropped */
  forgetAll(): number {
    const { store, workspace } = this.options;
    const { states } = store.stats();
    this.forget(workspace.files.values());
    store.clear();
    return states;
  }

  /** Reads files at the user's request, if they are allowed. @returns how many will be read */
  async want(files: Iterable<WorkspaceFile>): Promise<number> {
    let count = 0;
    for (const file of files) {
      if (file.state.kind === 'reading') continue;
      file.isWanted = true;
      if (await this.options.workspace.admit(file, 'wanted')) count++;
      else file.isWanted = false;
    }
    return count;
  }

  /** Stops everything; what was read so far is stored. */
  async close(): Promise<void> {
    this.closing = true;
    for (const pause of this.pauses.values()) clearTimeout(pause);
    const jobs = [...this.jobs.values()];
    for (const { controller } of jobs) controller.abort();
    await Promise.allSettled(jobs.map(({ done }) => done));
  }

  /** Reads files that nobody has opened, one at a time. */
  async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      for (let next = this.next(); next !== undefined; next = this.next()) {
        if (!(await this.restoreIndex(next))) await this.read(next).catch(() => undefined);
      }
    } finally {
      this.pumping = false;
    }
  }

  private next(): WorkspaceFile | undefined {
    if (this.closing) return undefined;
    const all = this.options.readsWorkspace();
    for (const file of this.queue) {
      if (!all && !file.isWanted) continue;
      this.queue.delete(file);
      file.isWanted = false;
      if (file.document === undefined && file.isDue) return file;
    }
    return undefined;
  }

  private jobOf(file: WorkspaceFile, urgent: boolean): Job {
    let job = this.jobs.get(file);
    if (job?.revision !== file.revision) {
      job?.controller.abort();
      job = this.start(file);
    }
    if (urgent) {
      job.urgent = true;
      this.options.tasks.scheduler.wake();
    }
    return job;
  }

  private start(file: WorkspaceFile): Job {
    const { tasks, workspace } = this.options;
    const controller = new AbortController();
    const done = Promise.reject<FileReading>(new Error('not started'));
    done.catch(() => undefined);
    const job: Job = { controller, revision: file.revision, urgent: false, isDropped: false, done };
    const priority = (): Priority => {
      if (job.urgent) return Priority.ask;
      if (file === workspace.active) return Priority.active;
      return file.document === undefined ? Priority.workspace : Priority.open;
    };
    this.jobs.set(file, job);
    job.done = tasks
      .run({ priority, signal: controller.signal }, (engine) => this.readNow(file, job, engine))
      .catch((error: unknown) => {
        if (this.isNewest(file, job)) this.failed(file, job, error);
        throw error;
      })
      .finally(() => {
        if (this.jobs.get(file) === job) this.jobs.delete(file);
      });
    job.done.catch(() => undefined);
    return job;
  }

  /** A file that was read before counts as read, without a state: that is made when it is needed. @returns whether it was read before */
  private async restoreIndex(file: WorkspaceFile): Promise<boolean> {
    const { tasks, workspace, store } = this.options;
    const { revision } = file;
    try {
      const text = await workspace.load(file);
      // The store may be closed by now.
      if (this.closing) return false;
      const document = tokenize(tasks.engine, text);
      const embeddings = new FileMemory(tasks.engine, store).embeddings(document);
      if (embeddings === undefined || file.revision !== revision || this.jobs.has(file)) return false;
      const { length } = document.tokens;
      file.apply({ type: 'read', tokens: length, restoredTokens: length });
      for (const observer of workspace.observers) observer.onRead?.(file, { ...document, embeddings });
      return true;
    } catch {
      // What is wrong with it shows when it is read.
      return false;
    }
  }

  private isNewest(file: WorkspaceFile, job: Job): boolean {
    return this.jobs.get(file) === job && job.revision === file.revision;
  }

  private async readNow(file: WorkspaceFile, job: Job, engine: ScheduledEngine): Promise<FileReading> {
    const { workspace, store } = this.options;
    const { signal } = job.controller;
    await engine.turn();
    const text = file.documentBytes() ?? (await workspace.load(file, signal));
    const limit = workspace.maxBytes();
    if (text.bytes.length > limit) throw errors.fileTooLarge(file.name, text.bytes.length, limit);
    const document = tokenize(engine, text);
    const listeners = workspace.observers.flatMap((observer) => observer.onReading?.(file, document) ?? []);
    const reading = await new FileMemory(engine, store).read(document, {
      signal,
      mayStore: () => !job.isDropped,
      evicts: () => file.document !== undefined || job.urgent,
      previous: file.reading,
      onState: (state) => {
        for (const listener of listeners) listener(state);
      },
      onProgress: ({ doneTokens, totalTokens }) => {
        if (this.isNewest(file, job)) file.apply({ type: 'progress', doneTokens, totalTokens });
      },
    });
    if (this.isNewest(file, job)) {
      file.wasRead(reading);
      for (const observer of workspace.observers) observer.onRead?.(file, reading);
    }
    return reading;
  }

  private failed(file: WorkspaceFile, job: Job, error: unknown): void {
    const isInterrupted = error instanceof ReadInterruptedError || isAbort(error, job.controller.signal);
    // The code that aborted the reading decides what comes next.
    if (isInterrupted) file.apply({ type: 'interrupted' });
    else this.options.workspace.failed(file, error);
  }
}
