import { describeError, isAbort, type Logger } from '../../common';
import type { FileReading } from '../../memory';
import type { FileKey, FileObserver, Workspace, WorkspaceFile } from '../../workspace';
import type { SpanIndex } from './corpus';

/** Files processed at once: while one is loaded or compressed, the words of another are extracted. */
const PARALLEL = 4;

/** If more files than this are waiting, they are first cut into lines, and along their syntax once all can be found. */
const MANY = 50;

/** An edited document is indexed again when typing pauses for this long. Milliseconds. */
const EDIT_PAUSE = 300;

/** The indexed part of a file. */
interface Known {
  revision: number;
  /** Cut along its syntax, not only into lines. */
  isRefined: boolean;
}

/**
 * Indexes the words of all files of a workspace, so that questions find every file before the model has read any. It works in the
 * background, in slices of some milliseconds.
 */
export class WorkspaceWords implements FileObserver {
  private readonly known = new Map<FileKey, Known>();
  /** Revisions that were indexed with the model's embeddings. */
  private readonly read = new Map<FileKey, number>();
  private readonly queue = new Set<WorkspaceFile>();
  private readonly unrefined = new Set<WorkspaceFile>();
  private readonly pauses = new Map<WorkspaceFile, NodeJS.Timeout>();
  private readonly closing = new AbortController();
  private working = 0;
  private waiters: (() => void)[] = [];

  /** @param settled called whenever nothing is left to do */
  constructor(
    private readonly workspace: Workspace,
    readonly index: SpanIndex,
    private readonly log: Pick<Logger, 'error'>,
    private readonly settled: () => void = () => undefined,
  ) {}

  /** Whether the words of a file's current text can be searched. */
  has(file: WorkspaceFile): boolean {
    return this.known.get(file.key)?.revision === file.revision;
  }

  /** Whether nothing is left to do for all known files. */
  get isSettled(): boolean {
    return this.queue.size + this.unrefined.size + this.pauses.size + this.working === 0;
  }

  /** Whether there is more to do than after a single edit. */
  get isBehind(): boolean {
    return this.queue.size + this.unrefined.size > PARALLEL;
  }

  /** Waits until nothing is left to do. */
  async whenSettled(): Promise<void> {
    while (!this.isSettled) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /**
   * Waits until the words of these files' current texts can be searched, as far as they are available. @throws the signal's reason
   */
  async whenKnown(files: readonly WorkspaceFile[], signal: AbortSignal): Promise<void> {
    const missing = (): boolean => files.some((file) => !file.isOut && !this.has(file) && this.isOnItsWay(file));
    while (missing()) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => this.waiters.push(resolve));
    }
  }

  onDue(file: WorkspaceFile): void {
    clearTimeout(this.pauses.get(file));
    this.pauses.delete(file);
    if (file.document === undefined || !this.known.has(file.key)) {
      this.queue.add(file);
      this.work();
      return;
    }
    const rested = (): void => {
      this.pauses.delete(file);
      this.queue.add(file);
      this.work();
    };
    this.pauses.set(file, setTimeout(rested, EDIT_PAUSE));
  }

  onDropped(file: WorkspaceFile): void {
    clearTimeout(this.pauses.get(file));
    for (const list of [this.pauses, this.queue, this.unrefined]) list.delete(file);
    this.known.delete(file.key);
    this.read.delete(file.key);
    this.index.delete(file.key);
    this.tell();
  }

  /** Adds the model's embeddings of a file. */
  onRead(file: WorkspaceFile, { bytes, embeddings }: Pick<FileReading, 'bytes' | 'embeddings'>): void {
    const { key, revision } = file;
    const known = this.known.get(key);
    if (known?.revision === revision && known.isRefined) {
      if (embeddings) this.index.embed(key, embeddings);
      return;
    }
    this.queue.delete(file);
    this.unrefined.delete(file);
    this.read.set(key, revision);
    this.working++;
    void this.settle(file, revision, true, this.index.set(key, file.name, bytes, embeddings)).finally(() =>
      this.done(),
    );
  }

  close(): void {
    this.closing.abort();
    for (const pause of this.pauses.values()) clearTimeout(pause);
    for (const list of [this.pauses, this.queue, this.unrefined]) list.clear();
    this.tell();
  }

  private isOnItsWay(file: WorkspaceFile): boolean {
    return this.working > 0 || this.queue.has(file) || this.pauses.has(file);
  }

  private work(): void {
    while (this.working < PARALLEL && this.queue.size + this.unrefined.size > 0) {
      const isFirst = this.queue.size > 0;
      const [file] = isFirst ? this.queue : this.unrefined;
      this.working++;
      const step = isFirst ? this.takeIn(file!, this.queue.size > MANY) : this.refine(file!);
      void step.finally(() => this.done());
    }
  }

  private done(): void {
    this.working--;
    this.work();
    this.tell();
  }

  private tell(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
    if (this.isSettled) this.settled();
  }

  /** @param quickly cuts it into lines only, for now */
  private async takeIn(file: WorkspaceFile, quickly: boolean): Promise<void> {
    this.queue.delete(file);
    const { revision } = file;
    if (file.isOut || this.closing.signal.aborted) return;
    const document = file.documentBytes() ?? (await this.load(file));
    if (document === undefined || revision !== file.revision) return;
    if (document.bytes.length > this.workspace.maxBytes() || this.read.get(file.key) === revision) return;
    const adding = this.index.set(file.key, file.name, document.bytes, undefined, { byLines: quickly });
    await this.settle(file, revision, !quickly, adding);
    if (quickly && this.known.get(file.key)?.revision === file.revision) this.unrefined.add(file);
  }

  private async refine(file: WorkspaceFile): Promise<void> {
    this.unrefined.delete(file);
    if (!this.has(file)) return;
    await this.settle(file, file.revision, true, this.index.refine(file.key, file.name));
  }

  private async load(file: WorkspaceFile): ReturnType<Workspace['tryLoad']> {
    return this.workspace.tryLoad(file, this.closing.signal).catch((error: unknown) => {
      if (!isAbort(error, this.closing.signal)) throw error;
      return undefined;
    });
  }

  private async settle(
    { key, name }: WorkspaceFile,
    revision: number,
    isRefined: boolean,
    adding: Promise<boolean>,
  ): Promise<void> {
    try {
      if (await adding) this.known.set(key, { revision, isRefined });
    } catch (error) {
      this.log.error(`${name} cannot be searched: ${describeError(error)}`);
    }
  }
}
