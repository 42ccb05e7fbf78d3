import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import type { ProtocolConnection } from 'vscode-languageserver-protocol/node';
import { AskRequest, StatusRequest, type AskResult, type ServerStatus } from '../../src/protocol';
import type { BenchOptions } from '../options';
import { initialize, withServer } from '../serverProcess';
import { median } from '../statistics';
import { bm25, rarestWords, type SearchedFile } from './baselines';
import { plot, type Sample } from './plot';
import { fetchProjects, type Project } from './projects';
import { isRight, printRecalls, questionsOf, recallsOf, type AskedQuestion, type Recalls } from './questions';

/** Sampling interval of the server. Milliseconds. */
const INTERVAL = 250;

/** Default reading time of the model. Minutes. */
const READING = 10;

interface Answers {
  recalls: Recalls;
  /** Of the questions without an answer in the project: how many got a place shown as sure, as unsure, and none. */
  absent: { sure: number; unsure: number; none: number };
  milliseconds: number;
}

/**
 * Opens real projects through the language server like an editor. Measures the time until Ask covers all files by their words, answers
 * then and after the model has read for a while, memory and store in the meantime, and a restart. `--kinds buildbot` opens only this
 * one; `--max-minutes 3` limits the reading time. Needs the built server.
 */
export async function project({ modelDir, out, kinds, maxMinutes }: BenchOptions): Promise<object> {
  const results: Record<string, object> = {};
  const minutes = Number.isFinite(maxMinutes) ? maxMinutes : READING;
  for (const one of fetchProjects(kinds)) {
    console.log(`\n${one.title} ${one.version}`);
    const home = mkdtempSync(join(tmpdir(), 'memmamba-project-'));
    try {
      const result = await measureProject(one, modelDir, home, minutes);
      writeFileSync(join(out, `project-${one.title}.svg`), plot(one.title, result.samples));
      results[one.title] = result;
    } finally {
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return results;
}

async function measureProject(
  { folder, title }: Project & { folder: string },
  modelDir: string,
  home: string,
  minutes: number,
) {
  const questions = questionsOf(title);
  const samples: Sample[] = [];
  const opened = await withServer(
    modelDir,
    async (connection) => {
      const wordsSeconds = await open(connection, folder, home, samples);
      console.log(`  Ask by words covers all files after ${wordsSeconds.toFixed(1)} s`);
      const byWords = await askAll(connection, folder, questions);
      printRecalls('words', byWords.recalls);
      const end = performance.now() + 60_000 * minutes;
      while (performance.now() < end && (await sample(connection, home, samples)).phase.kind !== 'ready') {
        await setTimeout(INTERVAL);
      }
      const read = await askAll(connection, folder, questions);
      printRecalls(`${samples.at(-1)!.tokensRead} tokens read`, read.recalls);
      await connection.sendRequest('shutdown');
      return { wordsSeconds, byWords, read };
    },
    home,
  );
  const restartSeconds = await withServer(modelDir, (connection) => open(connection, folder, home, []), home);
  console.log(`  after a restart: ${restartSeconds.toFixed(1)} s`);
  const last = samples.at(-1)!;
  console.log(
    `  own memory ${last.ownMegabytes.toFixed(0)} MB, resident ${last.residentMegabytes.toFixed(0)} MB, ` +
      `store ${last.storeMegabytes.toFixed(0)} MB, ${last.tokensRead} tokens read in ${last.seconds.toFixed(0)} s`,
  );
  return { ...opened, restartSeconds, baselines: baselines(folder, questions), samples };
}

/** Opens a folder. @returns seconds until all of its files can be found by their words */
async function open(connection: ProtocolConnection, folder: string, home: string, samples: Sample[]): Promise<number> {
  const started = performance.now();
  const folders = [{ uri: pathToFileURL(folder).href, name: 'project' }];
  await initialize(connection, { capabilities: { configuration: true, workspaceFolders: true }, folders });
  for (;;) {
    const { asking } = await sample(connection, home, samples, started);
    if (asking.isComplete && asking.words > 0) return (performance.now() - started) / 1000;
    await setTimeout(INTERVAL);
  }
}

/** Takes one sample of the server. */
async function sample(
  connection: ProtocolConnection,
  home: string,
  samples: Sample[],
  started?: number,
): Promise<ServerStatus> {
  const status = await connection.sendRequest<ServerStatus>(StatusRequest.method);
  const memory = readFileSync(`/proc/${status.processId}/status`, 'utf8');
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) / 1000;
  const now = performance.now() / 1000;
  const begun = samples[0]?.begun ?? (started ?? performance.now()) / 1000;
  samples.push({
    begun,
    seconds: now - begun,
    words: status.asking.words,
    tokensRead: status.asking.tokensRead,
    ownMegabytes: megabytes('RssAnon'),
    residentMegabytes: megabytes('VmRSS'),
    storeMegabytes: bytesBelow(home) / 1e6,
  });
  return status;
}

async function askAll(
  connection: ProtocolConnection,
  folder: string,
  questions: readonly AskedQuestion[],
): Promise<Answers> {
  const right: boolean[] = [];
  const times: number[] = [];
  const absent = { sure: 0, unsure: 0, none: 0 };
  for (const asked of questions) {
    const params = { question: asked.question, scope: { kind: 'workspace' as const } };
    const { citations, found, isSure, milliseconds } = await connection.sendRequest<AskResult>(
      AskRequest.method,
      params,
    );
    const places = citations.map((one) => ({ ...one, path: relative(folder, fileURLToPath(one.uri)) }));
    right.push(isRight(asked, places));
    times.push(milliseconds);
    if (asked.kind === 'absent') absent[!found ? 'none' : isSure ? 'sure' : 'unsure']++;
  }
  return { recalls: recallsOf(questions, right), absent, milliseconds: median(times) };
}

/** Results of other ways of searching. */
function baselines(folder: string, questions: readonly AskedQuestion[]): Record<string, Recalls> {
  const files: SearchedFile[] = filesBelow(folder).flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return text.includes('\0') ? [] : [{ path: relative(folder, path), text }];
  });
  const searches = { 'rarest words': rarestWords(files), BM25: bm25(files) };
  return Object.fromEntries(
    Object.entries(searches).map(([name, search]) => {
      const recalls = recallsOf(
        questions,
        questions.map((asked) => isRight(asked, search(asked.question))),
      );
      printRecalls(name, recalls);
      return [name, recalls];
    }),
  );
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function bytesBelow(folder: string): number {
  return filesBelow(folder).reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}
