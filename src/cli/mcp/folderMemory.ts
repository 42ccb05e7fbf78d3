import { relative, resolve } from 'node:path';
import type { FileState } from '../../protocol';
import {
  askIndex,
  askWeights,
  QuestionEmbedder,
  answerFromFile,
  shippedWordVectors,
  SpanIndex,
  WorkspaceWords,
  type Answer,
  type AskModel,
} from '../../server';
import { EngineTasks, Priority, Reader, Scheduler, Workspace, type FileKey } from '../../workspace';
import type { Workbench } from '../workbench';

/** A folder that is read in the background and refreshed before each answer. */
export class FolderMemory {
  readonly index = new SpanIndex(shippedWordVectors());
  private readonly workspace: Workspace;
  private readonly words: WorkspaceWords;
  private readonly scheduler: Scheduler;
  readonly tasks: EngineTasks;
  readonly reader: Reader;
  private readonly questions: QuestionEmbedder | undefined;
  /** Loaded with the first question. */
  private weights: ReturnType<typeof askWeights> | undefined;
  private looks = 0;
  private looking: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();

  /** @param warn called with problems in the background */
  constructor(
    readonly folder: string,
    { engine, store, maxBytes }: Workbench,
    warn: (message: string) => void,
  ) {
    // Someone waits for a refresh, nobody for background reading.
    const mayRun = (priority: Priority): boolean => priority <= Priority.ask || this.looks === 0;
    this.scheduler = new Scheduler({ mayRun, restAfter: () => 0 });
    this.tasks = new EngineTasks(engine, this.scheduler);
    this.workspace = new Workspace(() => maxBytes);
    this.workspace.setRoots([folder]);
    this.reader = new Reader({
      workspace: this.workspace,
      tasks: this.tasks,
      store,
      readsWorkspace: () => true,
    });
    this.questions = QuestionEmbedder.of(engine, (work, signal) =>
      this.tasks.run({ priority: () => Priority.ask, signal }, work),
    );
    this.workspace.observe({
      onFailed: ({ key }, message) => warn(`${this.pathOf(key)} cannot be read: ${message}`),
    });
    this.words = new WorkspaceWords(this.workspace, this.index, { error: warn });
    this.workspace.observe(this.words);
    this.workspace.observe(this.reader);
  }

  /** All files with their stages, including those that are left out. */
  get files(): { path: string; state: FileState }[] {
    return [...this.workspace.files.values()].map(({ key, state }) => ({ path: this.pathOf(key), state }));
  }

  /** The index key of a path in the folder, or undefined when no such file is in memory. */
  keyOf(path: string): FileKey | undefined {
    const key = resolve(this.folder, path);
    return this.index.has(key) ? key : undefined;
  }

  /** The path of a file relative to the folder, with slashes. */
  pathOf(key: FileKey): string {
    return relative(this.folder, key).replaceAll('\\', '/');
  }

  /**
   * Takes in what is new, changed or gone: words at once, so that no answer cites a text that no longer exists; the model reads in the
   * background.
   */
  refresh(): Promise<void> {
    // A refresh in progress may have missed recent changes.
    this.looks++;
    this.looking = this.looking
      .catch(() => undefined)
      .then(() => this.look())
      .finally(() => {
        this.looks--;
        this.scheduler.wake();
      });
    return this.looking;
  }

  /** Answers from the folder as of the last refresh, or from some of its files. @throws UserError; the signal's reason */
  async ask(
    question: string,
    options: { keys?: FileKey[] | undefined; maxCitations: number; withModel: boolean; signal: AbortSignal },
  ): Promise<Answer> {
    const { keys, maxCitations, signal } = options;
    const model: AskModel = async (key, asked) => {
      const file = this.workspace.files.get(key);
      // Nobody waits for a first reading; that of a fresh file restores its state.
      return file?.state.kind === 'fresh' ? answerFromFile(this, file, asked, signal) : undefined;
    };
    return askIndex(this.index, this.index.list(keys), question, options.withModel ? model : undefined, {
      signal,
      maxCitations,
      questions: this.questions,
      weights: await (this.weights ??= askWeights(this.tasks.engine)),
    });
  }

  /** Stops reading; what was read so far is stored. */
  async close(): Promise<void> {
    this.closing.abort();
    this.words.close();
    await this.looking.catch(() => undefined);
    await this.reader.close();
    await this.scheduler.close();
  }

  private async look(): Promise<void> {
    await this.workspace.explore(this.closing.signal);
    await this.words.whenSettled();
  }
}
