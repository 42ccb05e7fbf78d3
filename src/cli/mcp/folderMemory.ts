import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { describeError, isAbort } from '../../common';
import type { MemoryDocument, Skipped } from '../../memory';
import {
  askIndex,
  askWeights,
  QuestionEmbedder,
  recall,
  shippedWordVectors,
  SpanIndex,
  type Answer,
  type AskModel,
} from '../../server';
import { listFiles, loadFile, type InputFile } from '../documents';
import type { Workbench } from '../workbench';

/** The folder is looked through for changes at most so often. Milliseconds. */
const REFRESH = 2000;

/** How far one file is. */
export type FileProgress =
  | { kind: 'waiting' }
  | { kind: 'reading'; doneTokens: number; totalTokens: number }
  | { kind: 'read'; tokens: number; restoredTokens: number }
  | { kind: 'failed'; message: string };

interface Entry {
  file: InputFile;
  /** Relative to the folder, with slashes. */
  path: string;
  document: MemoryDocument;
  /** Time and size when it was loaded. */
  stamp: string;
  progress: FileProgress;
}

/** A folder that is read, and kept up with as its files change. */
export class FolderMemory {
  readonly index = new SpanIndex(shippedWordVectors());
  private readonly entries = new Map<string, Entry>();
  private skipped: Skipped[] = [];
  private refreshed = -Infinity;
  private refreshing: Promise<void> | undefined;
  private reading: Promise<void> = Promise.resolve();
  private readonly closing = new AbortController();
  private readonly questions: QuestionEmbedder | undefined;
  /** Read with the first question. */
  private weights: ReturnType<typeof askWeights> | undefined;

  constructor(
    readonly folder: string,
    private readonly bench: Workbench,
    /** Told of what goes wrong in the background. */
    private readonly warn: (message: string) => void,
  ) {
    this.questions = QuestionEmbedder.of(bench.engine);
  }

  /** All files with how far they are, by path. */
  get files(): { path: string; progress: FileProgress }[] {
    return [...this.entries.values()].map(({ path, progress }) => ({ path, progress }));
  }

  get skippedFiles(): { path: string; why: string }[] {
    return this.skipped.map(({ path, why }) => ({ path: this.pathOf(path), why }));
  }

  /** The index key of a path below the folder, or undefined when there is no such file in memory. */
  keyOf(path: string): string | undefined {
    const key = resolve(this.folder, path);
    return this.entries.has(key) ? key : undefined;
  }

  /** The path of a file below the folder, with slashes. */
  pathOf(key: string): string {
    return relative(this.folder, key).replaceAll('\\', '/');
  }

  /**
   * Takes in what is new or has changed since the last time: its words at once, so that it can be asked about; its state by the model
   * in the background.
   */
  async refresh(): Promise<void> {
    if (performance.now() - this.refreshed < REFRESH) return;
    this.refreshing ??= this.look().finally(() => {
      this.refreshed = performance.now();
      this.refreshing = undefined;
    });
    await this.refreshing;
  }

  /** Answers from the folder, or from some of its files. @throws UserError; the signal's reason */
  async ask(
    question: string,
    options: { keys?: string[] | undefined; maxCitations: number; withModel: boolean; signal: AbortSignal },
  ): Promise<Answer> {
    await this.refresh();
    const { keys, maxCitations, signal } = options;
    const model: AskModel = async (key, asked) => {
      const entry = this.entries.get(key);
      if (entry?.progress.kind !== 'read') return undefined;
      // It was read: this restores its state.
      const reading = await this.bench.memory.read(entry.document, { signal });
      return recall(this.bench.engine, reading, asked, signal);
    };
    return askIndex(this.index, this.index.list(keys), question, options.withModel ? model : undefined, {
      signal,
      maxCitations,
      questions: this.questions,
      weights: await (this.weights ??= askWeights(this.bench.engine)),
    });
  }

  /** Waits until the model has read everything that is known now. */
  async whenRead(): Promise<void> {
    await this.reading;
  }

  /** Ends the reading; what was read so far is stored. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.refreshing?.catch(() => undefined);
    await this.reading;
  }

  private async look(): Promise<void> {
    const { signal } = this.closing;
    const { files, skipped } = await listFiles([this.folder], signal);
    const left = new Set(this.entries.keys());
    for (const file of files) {
      left.delete(file.label);
      const stamp = await stampOf(file.label);
      if (this.entries.get(file.label)?.stamp === stamp) continue;
      const loaded = await loadFile(file, this.bench.maxBytes, signal);
      if ('skipped' in loaded) {
        skipped.push(loaded.skipped);
        left.add(file.label);
        continue;
      }
      const { document } = loaded;
      const entry: Entry = { file, path: this.pathOf(file.label), document, stamp, progress: { kind: 'waiting' } };
      this.entries.set(file.label, entry);
      await this.index.set(file.label, document.basename, document.bytes);
      this.reading = this.reading.then(() => this.read(entry));
    }
    for (const key of left) {
      this.entries.delete(key);
      this.index.delete(key);
    }
    this.skipped = skipped;
  }

  /** Reads one file by the model; never throws, because others follow. */
  private async read(entry: Entry): Promise<void> {
    const { signal } = this.closing;
    if (signal.aborted || this.entries.get(entry.file.label) !== entry) return;
    try {
      const { tokens, restoredTokens, embeddings } = await this.bench.memory.read(entry.document, {
        signal,
        onProgress: ({ doneTokens, totalTokens }) => {
          entry.progress = { kind: 'reading', doneTokens, totalTokens };
        },
      });
      // An entry that was replaced meanwhile is no longer what the index holds.
      if (embeddings && this.entries.get(entry.file.label) === entry) {
        this.index.embed(entry.file.label, embeddings);
      }
      entry.progress = { kind: 'read', tokens: tokens.length, restoredTokens };
    } catch (error) {
      if (isAbort(error, signal)) return;
      entry.progress = { kind: 'failed', message: describeError(error) };
      this.warn(`${entry.path} cannot be read: ${describeError(error)}`);
    }
  }
}

async function stampOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  return info === undefined ? 'gone' : `${info.mtimeMs} ${info.size}`;
}
