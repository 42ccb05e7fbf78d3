import { describeError, isAbort, unlessAborted, UserError } from '../../common';
import {
  assessSource,
  FileMemory,
  isLeftOut,
  ReadInterruptedError,
  readSource,
  skippedBecause,
  tokenize,
  type FileReading,
  type MemoryDocument,
  type MemoryStore,
} from '../../memory';
import { Priority, watchingStates } from '../schedule';
import type { LibraryFile, ReadingJob } from './file';
import { fileSkipped } from './errors';
import { PrefixKeeper, type PrefixKeeperOptions } from './prefixKeeper';
import { skippedState } from './skip';

export interface ReaderOptions extends PrefixKeeperOptions {
  store: MemoryStore;
  /** Bytes above which a file is skipped. */
  maxBytes: () => number;
  /** The workspace folders: what is read from disk must really lie in one of them. */
  roots: () => readonly string[];
  /** Whether files are read that nobody has opened or asked for. */
  readsWorkspace: () => boolean;
  /** Something visible has changed. */
  changed: () => void;
  /** A file was read to its end. */
  wasRead: (file: LibraryFile, document: MemoryDocument, reading: FileReading) => void;
}

/** Typing rests this long before an edited document is read again. Milliseconds. */
const EDIT_PAUSE = 400;

/** Reads the files of the library: open documents as soon as typing rests, everything else one after the other. */
export class Reader {
  readonly memory: FileMemory;
  private active: LibraryFile | undefined;
  /** Where the user was last known to be in the active file. */
  private cursorByte = 0;
  private readonly queue = new Set<LibraryFile>();
  private readonly pauses = new Map<LibraryFile, NodeJS.Timeout>();
  private readonly keeper: PrefixKeeper;
  private pumping = false;
  private closing = false;

  constructor(private readonly options: ReaderOptions) {
    this.memory = new FileMemory(options.engine, options.store);
    this.keeper = new PrefixKeeper(options);
  }

  /** Files that wait for being read in the background. */
  get queued(): number {
    return this.queue.size;
  }

  /** The file in front of the user is read first and keeps states for completions. */
  setActive(file: LibraryFile | undefined, cursorByte = 0): void {
    this.cursorByte = cursorByte;
    if (this.active === file) return;
    this.active = file;
    if (file === undefined) return;
    this.keeper.use(file);
    this.keeper.warm(file, cursorByte);
  }

  /** The user wants to work at this place of a document that was restored from the store: states are made there first. */
  prepare(file: LibraryFile, cursorByte: number): void {
    if (file !== this.active) return;
    this.cursorByte = cursorByte;
    if (file.current) this.keeper.warm(file, cursorByte);
  }

  /** Has a file read: at once when it is not open, when typing rests when it is. */
  due(file: LibraryFile): void {
    if (file.document === undefined) {
      // What is read now is no longer what is on disk.
      file.job?.controller.abort();
      this.queue.add(file);
      void this.pump();
      return;
    }
    this.queue.delete(file);
    clearTimeout(this.pauses.get(file));
    const start = (): void => {
      this.pauses.delete(file);
      if (file.document !== undefined && file.state.kind !== 'skipped') this.read(file).catch(() => undefined);
    };
    const first = file.reading === undefined && file.job === undefined;
    this.pauses.set(file, setTimeout(start, first ? 0 : EDIT_PAUSE));
  }

  /** A file is gone. */
  drop(file: LibraryFile): void {
    this.queue.delete(file);
    clearTimeout(this.pauses.get(file));
    this.pauses.delete(file);
    this.keeper.drop(file);
    if (this.active === file) this.active = undefined;
  }

  /**
   * The reading of a file as it is now; what is missing is read.
   *
   * @param urgent whether someone waits for it
   * @throws UserError file-skipped; the signal's reason (the reading itself goes on)
   */
  async read(file: LibraryFile, urgent = false, signal?: AbortSignal): Promise<FileReading> {
    for (;;) {
      if (file.state.kind === 'skipped') throw fileSkipped(file.name, file.state.why);
      if (file.current) return file.current;
      const job = this.jobOf(file, urgent);
      const reading = await (signal ? unlessAborted(job.done, signal) : job.done).catch((error: unknown) => {
        if (signal?.aborted === true || this.closing || job.revision === file.revision) throw error;
        return undefined;
      });
      // A text that has changed meanwhile is read again: nobody waits for an old one.
      if (reading && job.revision === file.revision) return reading;
    }
  }

  private jobOf(file: LibraryFile, urgent: boolean): ReadingJob {
    const version = file.document?.version;
    if (file.job === undefined || file.job.version !== version || file.job.revision !== file.revision) {
      file.job?.controller.abort();
      file.job = this.start(file, version);
    }
    if (urgent) {
      file.job.urgent = true;
      this.options.scheduler.wake();
    }
    return file.job;
  }

  /** Stops everything; what was read so far is stored. */
  async close(files: Iterable<LibraryFile>): Promise<void> {
    this.closing = true;
    this.keeper.close();
    for (const pause of this.pauses.values()) clearTimeout(pause);
    const jobs = [...files].flatMap(({ job }) => job ?? []);
    for (const { controller } of jobs) controller.abort();
    await Promise.allSettled(jobs.map(({ done }) => done));
  }

  private start(file: LibraryFile, version: number | undefined): ReadingJob {
    const controller = new AbortController();
    const { scheduler } = this.options;
    const { revision } = file;
    const done = Promise.reject<FileReading>(new Error('not begun'));
    const job: ReadingJob = { controller, version, revision, urgent: false, done };
    job.done.catch(() => undefined);
    const priority = (): Priority => {
      if (job.urgent) return Priority.ask;
      if (file === this.active) return Priority.active;
      return file.document === undefined ? Priority.workspace : Priority.open;
    };
    job.done = scheduler
      .run({ priority, signal: controller.signal }, async (turn) => {
        await turn();
        return this.readNow(file, job);
      })
      .catch((error: unknown) => {
        this.failed(file, job, error);
        throw error;
      })
      .finally(() => {
        if (file.job === job) file.job = undefined;
        this.options.changed();
      });
    job.done.catch(() => undefined);
    return job;
  }

  private async readNow(file: LibraryFile, job: ReadingJob): Promise<FileReading> {
    const { signal } = job.controller;
    const { engine } = this.options;
    const open = file.documentBytes();
    const document = open ?? (await this.load(file, signal));
    if (document.bytes.length > this.options.maxBytes()) throw this.tooLarge(file, document.bytes.length);
    if (open) this.keeper.expect(file, tokenize(engine, document).tokens);
    const result = await watchingStates(
      (state) => file.prefix?.offer(state),
      () =>
        this.memory.read(document, {
          signal,
          onProgress: ({ doneTokens, totalTokens }) => {
            if (file.job !== job || file.revision !== job.revision) return;
            file.state = { kind: 'reading', doneTokens, totalTokens };
            this.options.changed();
          },
        }),
    );
    if (file.job === job && job.revision === file.revision) {
      file.state = { kind: 'fresh', tokens: result.tokens.length, restoredTokens: result.restoredTokens };
      if (job.version !== undefined) file.reading = { version: job.version, result };
      this.options.wasRead(file, document, result);
      if (file === this.active) this.keeper.warm(file, this.cursorByte);
    }
    return result;
  }

  /** A file's text from disk. @throws UserError when it cannot be read or is left out by its content */
  private async load(file: LibraryFile, signal: AbortSignal): Promise<MemoryDocument> {
    const path = file.path;
    if (path === undefined) throw fileSkipped(file.name, 'it is not open any more');
    const source = await readSource(path, { maxBytes: this.options.maxBytes(), within: this.options.roots(), signal });
    const assessment = assessSource(path, source.bytes);
    if (assessment && isLeftOut(assessment)) {
      const kind = assessment.kind === 'lock' ? 'lock' : 'minified';
      throw new SkipError(skippedState({ kind, why: assessment.why }));
    }
    return { label: file.key, basename: source.basename, bytes: source.bytes };
  }

  private failed(file: LibraryFile, job: ReadingJob, error: unknown): void {
    if (file.job !== job) return;
    if (error instanceof ReadInterruptedError || isAbort(error, job.controller.signal)) {
      // A newer text or a closed file: whoever aborted the reading knows what comes next.
      if (file.state.kind === 'reading') file.state = { kind: 'waiting' };
    } else if (error instanceof SkipError) {
      file.state = error.state;
    } else if (error instanceof UserError && error.exitCode === 3) {
      file.state = skippedState(skippedBecause(file.path ?? file.name, error));
    } else {
      file.state = { kind: 'failed', message: describeError(error) };
    }
  }

  private tooLarge(file: LibraryFile, bytes: number): SkipError {
    const limit = this.options.maxBytes();
    const why = `has ${bytes} bytes, more than the limit of ${limit} (setting memmamba.reading.maxFileSize)`;
    return new SkipError({ kind: 'skipped', reason: 'too-large', why: `${file.name} ${why}` });
  }

  /** Reads what nobody has opened, one file at a time. Call it when {@link ReaderOptions.readsWorkspace} has changed. */
  async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      for (let next = this.next(); next !== undefined; next = this.next()) {
        // One whose text changes meanwhile has been queued again by that.
        await this.read(next).catch(() => undefined);
      }
    } finally {
      this.pumping = false;
    }
  }

  private next(): LibraryFile | undefined {
    if (this.closing) return undefined;
    const all = this.options.readsWorkspace();
    for (const file of this.queue) {
      if (!all && !file.isWanted) continue;
      this.queue.delete(file);
      file.isWanted = false;
      const { kind } = file.state;
      if (file.document === undefined && (kind === 'waiting' || kind === 'stale')) return file;
    }
    return undefined;
  }
}

/** A file is left out because of what is in it. */
class SkipError extends Error {
  constructor(readonly state: ReturnType<typeof skippedState>) {
    super(state.why);
  }
}
