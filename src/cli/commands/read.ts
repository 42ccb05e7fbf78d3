import {
  ExitCode,
  UserError,
  errors,
  formatBytes,
  formatCount,
  formatDuration,
  isAbort,
  plural,
  visibleLine,
} from '../../common';
import { ReadInterruptedError, type FileReading, type Skipped } from '../../memory';
import type { Command, Outcome } from '../command';
import { listFiles, loadFile, type InputFile } from '../documents';
import type { Options } from '../options';
import type { Terminal } from '../terminal';
import { openWorkbench, type Workbench } from '../workbench';

/** One file that was read. */
interface FileReport {
  path: string;
  bytes: number;
  tokens: number;
  restoredTokens: number;
  readTokens: number;
  milliseconds: number;
  /** For what was actually read; null when everything was restored. */
  tokensPerSecond: number | null;
  notes: string[];
}

interface Report {
  files: FileReport[];
  skipped: Skipped[];
  failed: { path: string; code: string; message: string; hint: string | undefined }[];
  interrupted: { path: string; keptTokens: number; restoredTokens: number; totalTokens: number } | undefined;
}

/** `memmamba read`: brings files and folders into memory. */
export const read: Command = {
  name: 'read',
  usage: 'read PATH...',
  summary: 'read files and folders into memory',
  details:
    'A file that is in memory already is restored; an edited one is read from the last checkpoint before the edit.\n' +
    'Folders are walked with .gitignore and .memmambaignore; skipped files are listed with the reason.',
  options: {},
  async run(options, terminal) {
    if (options.positionals.length === 0) throw errors.usage('`memmamba read` needs at least one file or folder.');
    const report: Report = { files: [], skipped: [], failed: [], interrupted: undefined };
    const files = await gather(options.positionals, report, terminal);
    if (files.length === 0) {
      if (report.failed.length === 0) {
        report.failed.push(failure(options.positionals.join(', '), errors.nothingToRead(options.positionals)));
      }
      return outcome(report, undefined, options);
    }
    const bench = await openWorkbench(options, terminal);
    try {
      await readAll(files, bench, report, options, terminal);
      return outcome(report, bench, options);
    } finally {
      await bench.close();
    }
  },
};

/** One bad path does not keep the others from being read. */
async function gather(paths: readonly string[], report: Report, terminal: Terminal): Promise<InputFile[]> {
  const files = new Map<string, InputFile>();
  for (const path of paths) {
    try {
      const listed = await listFiles([path], terminal.signal);
      for (const file of listed.files) if (!files.has(file.label)) files.set(file.label, file);
      report.skipped.push(...listed.skipped);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      report.failed.push(failure(path, error));
    }
  }
  return [...files.values()];
}

async function readAll(
  files: readonly InputFile[],
  bench: Workbench,
  report: Report,
  options: Options,
  terminal: Terminal,
): Promise<void> {
  for (const file of files) {
    try {
      const loaded = await loadFile(file, bench.maxBytes, terminal.signal);
      if ('skipped' in loaded) {
        report.skipped.push(loaded.skipped);
        continue;
      }
      bench.progress.announce(`${file.path}: ${formatBytes(loaded.document.bytes.length)}, cutting into tokens`);
      const started = performance.now();
      const reading = await bench.memory.read(loaded.document, {
        signal: terminal.signal,
        onProgress: bench.progress.update,
      });
      bench.progress.clear();
      const done = fileReport(file.path, reading, performance.now() - started, loaded.notes);
      report.files.push(done);
      if (!options.flag('json')) terminal.out(`${visibleLine(fileLine(done))}\n`);
    } catch (error) {
      bench.progress.clear();
      if (error instanceof ReadInterruptedError) {
        const { keptTokens, restoredTokens, totalTokens } = error;
        report.interrupted = { path: file.path, keptTokens, restoredTokens, totalTokens };
        return;
      }
      if (isAbort(error, terminal.signal)) {
        report.interrupted = { path: file.path, keptTokens: 0, restoredTokens: 0, totalTokens: 0 };
        return;
      }
      if (!(error instanceof UserError)) throw error;
      report.failed.push(failure(file.path, error));
    }
  }
}

function failure(path: string, { code, message, hint }: UserError): Report['failed'][number] {
  return { path, code, message, hint };
}

function fileReport(path: string, reading: FileReading, milliseconds: number, notes: string[]): FileReport {
  const { restoredTokens, readTokens } = reading;
  return {
    path,
    bytes: reading.bytes.length,
    tokens: reading.tokens.length,
    restoredTokens,
    readTokens,
    milliseconds: Math.round(milliseconds),
    tokensPerSecond: readTokens === 0 ? null : Math.round((1000 * readTokens) / milliseconds),
    notes,
  };
}

function fileLine(file: FileReport): string {
  const time = formatDuration(file.milliseconds);
  const how =
    file.restoredTokens + file.readTokens === 0
      ? 'shorter than a block: read again whenever needed'
      : file.readTokens === 0
        ? `restored in ${time}`
        : (file.restoredTokens > 0 ? `restored ${formatCount(file.restoredTokens)}, ` : '') +
          `read ${formatCount(file.readTokens)} in ${time} (${formatCount(file.tokensPerSecond!)} tokens/s)`;
  const notes = file.notes.length === 0 ? '' : `  [${file.notes.join('; ')}]`;
  return `${file.path}  ${formatCount(file.tokens)} tokens  ${how}${notes}`;
}

function outcome(report: Report, bench: Workbench | undefined, options: Options): Outcome {
  const { files, skipped, failed, interrupted } = report;
  const store = bench?.store.stats();
  const persistent = bench?.store.isPersistent ?? true;
  const exitCode =
    interrupted !== undefined
      ? ExitCode.interrupted
      : failed.length > 0
        ? ExitCode.input
        : persistent
          ? ExitCode.ok
          : ExitCode.store;
  const lines: string[] = [];
  for (const { path, why } of skipped) lines.push(`skipped ${path}: ${why}`);
  for (const { message, hint } of failed) lines.push(`failed: ${message}${hint === undefined ? '' : ` ${hint}`}`);
  if (interrupted) lines.push(interruption(interrupted));
  const tokens = files.reduce((sum, file) => sum + file.tokens, 0);
  const restored = files.reduce((sum, file) => sum + file.restoredTokens, 0);
  const readNow = files.reduce((sum, file) => sum + file.readTokens, 0);
  lines.push(
    `${plural(files.length, 'file')}, ${formatCount(tokens)} tokens: restored ${formatCount(restored)}, read ${formatCount(readNow)}` +
      (skipped.length > 0 ? `; ${formatCount(skipped.length)} skipped` : '') +
      (failed.length > 0 ? `; ${formatCount(failed.length)} failed` : ''),
  );
  if (store) {
    lines.push(
      `store: ${plural(store.states, 'state')}, ${formatBytes(store.bytes)} of ${formatBytes(store.quotaBytes)} in ${store.folder}` +
        (persistent ? '' : ' (NOT KEPT: see the warning above)'),
    );
  }
  return {
    json: {
      files,
      skipped,
      failed,
      ...(interrupted && { interrupted }),
      ...(store && { store: { ...store, persistent, warnings: bench?.store.warnings } }),
      ...(bench && { provider: bench.engine.report.provider, modelId: bench.engine.modelId }),
      exitCode,
    },
    text: options.flag('json') ? '' : lines.map(visibleLine).join('\n'),
    exitCode,
  };
}

function interruption({ path, keptTokens, totalTokens }: NonNullable<Report['interrupted']>): string {
  return keptTokens > 0
    ? `interrupted in ${path}: the state after ${formatCount(keptTokens)} of ${formatCount(totalTokens)} tokens is stored; ` +
        'run the same command again to continue from there.'
    : `interrupted in ${path}: nothing of this file was stored.`;
}
