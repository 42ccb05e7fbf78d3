import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { errors, visibleLine, type Logger } from '../common';
import { Engine } from '../engine';
import { DEFAULT_MAX_BYTES, DEFAULT_QUOTA, FileMemory, MemoryStore, defaultCacheFolder } from '../memory';
import { modelFolder as chooseModelFolder } from '../server';
import type { Options } from './options';
import { ProgressBar } from './progressBar';
import type { Terminal } from './terminal';

/** What most commands need: a model, a store, and a place to show progress. Must be closed. */
export interface Workbench {
  engine: Engine;
  store: MemoryStore;
  memory: FileMemory;
  progress: ProgressBar;
  /** Limit for files, in bytes. */
  maxBytes: number;
  close(): Promise<void>;
}

/** Opens model and store as the options say. Warnings of the store are shown on stderr as they occur. */
export async function openWorkbench(options: Options, terminal: Terminal): Promise<Workbench> {
  const maxBytes = maxBytesOf(options);
  const store = await openStore(options, terminal);
  const progress = new ProgressBar(terminal);
  let engine: Engine;
  try {
    engine = await openEngine(options, terminal);
  } catch (error) {
    await store.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    progress.clear();
    await store.close();
    await engine.dispose();
  };
  return { engine, store, memory: new FileMemory(engine, store), progress, maxBytes, close };
}

export function openEngine(options: Options, terminal: Terminal): Promise<Engine> {
  const provider = options.choice('provider', ['auto', 'cpu', 'webgpu']);
  const threads = options.count('threads');
  return Engine.open({
    modelDir: modelFolder(options, terminal),
    log: loggerFor(options, terminal),
    ...(provider && { provider }),
    ...(threads !== undefined && { threads }),
  });
}

export function openStore(options: Options, terminal: Terminal): Promise<MemoryStore> {
  return MemoryStore.open(cacheFolder(options, terminal), {
    quotaBytes: options.megabytes('quota') ?? DEFAULT_QUOTA,
    log: loggerFor(options, terminal),
  });
}

export function maxBytesOf(options: Options): number {
  return options.megabytes('max-size') ?? DEFAULT_MAX_BYTES;
}

export function cacheFolder(options: Options, terminal: Terminal): string {
  const chosen = options.text('cache');
  return chosen === undefined ? defaultCacheFolder(terminal.environment) : resolve(chosen);
}

/** The folder of the model to use. @throws UserError model-folder-missing */
export function modelFolder(options: Options, terminal: Terminal): string {
  const folder = chooseModelFolder(options.text('model') ?? '', terminal.environment);
  if (!existsSync(folder)) throw errors.modelFolderMissing(folder);
  return folder;
}

/** Warnings are always shown; the rest with --verbose. */
function loggerFor(options: Options, terminal: Terminal): Logger {
  const line = (word: string) => (message: string) => terminal.err(`${word}${visibleLine(message)}\n`);
  const quiet = (): void => undefined;
  const verbose = options.flag('verbose');
  return {
    debug: verbose ? line('') : quiet,
    info: verbose ? line('') : quiet,
    warn: line('warning: '),
    error: line('error: '),
  };
}
