import type { Connection } from 'vscode-languageserver/node';
import { isAbort, UserError } from '../../common';
import type { FileReading } from '../../memory';
import {
  AskRequest,
  type AskCitation,
  type AskParams,
  type AskProgress,
  type AskResult,
  type AskScope,
} from '../../protocol';
import { askReadings, type Citation } from '../ask';
import { handle } from '../connection';
import { fileSkipped, type LibraryFile } from '../reading';
import { Priority } from '../schedule';
import type { Ready, Session } from '../session';

/** Files of a workspace that are looked into; the words of all files decide which. */
const MAX_FILES = 12;

type Report = (progress: AskProgress) => void;

/** Answers `memmamba/ask`, reporting the steps as progress. */
export function handleAsk(connection: Connection, session: Session): void {
  handle(connection, AskRequest, (params, signal) => {
    const token = params.progressToken;
    const report: Report = (value) => {
      if (token !== undefined) connection.sendNotification('$/progress', { token, value }).catch(() => undefined);
    };
    return ask(session, params, report, signal);
  });
}

async function ask(session: Session, params: AskParams, report: Report, signal: AbortSignal): Promise<AskResult> {
  const started = performance.now();
  const { engine, reader } = session.tools;
  session.noteActivity();
  const scope = filesInScope(session, params);
  const readings = await readAll(reader, scope.files, report, signal);
  report({ kind: 'searching', files: scope.isChosen ? scope.searched : readings.length });

  const files = new Map(scope.files.map((file) => [file.key, file]));
  const toCitation = ({ label, line, startLine, endLine, text, foundBy }: Citation): AskCitation => ({
    uri: files.get(label)!.uri,
    line,
    startLine,
    endLine,
    text,
    foundBy,
  });
  const answer = await session.scheduler.run({ priority: () => Priority.ask, signal }, async (turn) => {
    await turn();
    return askReadings(engine, readings, params.question, {
      signal,
      onCitations: (citations) => report({ kind: 'citations', citations: citations.map(toCitation) }),
      onRecall: (label) => report({ kind: 'recalling', uri: files.get(label)!.uri }),
    });
  });
  return {
    found: answer.found,
    ...(answer.text !== undefined && { text: answer.text }),
    citations: answer.citations.map(toCitation),
    searched: scope.isChosen ? scope.searched : readings.length,
    notRead: scope.notRead,
    skipped: scope.skipped,
    milliseconds: Math.round(performance.now() - started),
  };
}

interface Scope {
  files: LibraryFile[];
  /** The files were chosen by their words among `searched` ones. */
  isChosen: boolean;
  searched: number;
  notRead: number;
  skipped: number;
}

/** @throws UserError when the one file that was asked about is not read */
function filesInScope(session: Session, { scope, question }: { scope: AskScope; question: string }): Scope {
  const { library, index } = session;
  if (scope.kind === 'file') {
    const file = library.byUri(scope.uri);
    if (file === undefined) throw fileSkipped(scope.uri, 'it belongs to no workspace folder and is not open');
    if (file.state.kind === 'skipped') throw fileSkipped(file.name, file.state.why);
    return { files: [file], isChosen: false, searched: 1, notRead: 0, skipped: 0 };
  }
  const all = [...library.files.values()];
  const wanted = scope.kind === 'openFiles' ? all.filter(({ document }) => document !== undefined) : all;
  const skipped = wanted.filter(({ state }) => state.kind === 'skipped').length;
  const readable = wanted.filter(({ state }) => state.kind !== 'skipped');
  if (scope.kind === 'openFiles') {
    return { files: readable, isChosen: false, searched: readable.length, notRead: 0, skipped };
  }
  // Open documents are read at once; of the others, those that have been read so far count.
  const known = readable.filter(({ state, document }) => state.kind === 'fresh' || document !== undefined);
  const allowed = new Set(known.map(({ key }) => key));
  const chosen = index
    .search(question, 4 * MAX_FILES)
    .filter((key) => allowed.has(key))
    .slice(0, MAX_FILES);
  const files = chosen.flatMap((key) => library.files.get(key) ?? []);
  return { files, isChosen: true, searched: known.length, notRead: readable.length - known.length, skipped };
}

/** Reads what is not read yet, before everything else. Files that vanish or turn out unreadable meanwhile are left out. */
async function readAll(
  reader: Ready['reader'],
  files: readonly LibraryFile[],
  report: Report,
  signal: AbortSignal,
): Promise<FileReading[]> {
  const readings: FileReading[] = [];
  for (const file of files) {
    const told = setInterval(() => {
      if (file.state.kind !== 'reading') return;
      const { doneTokens, totalTokens } = file.state;
      report({ kind: 'reading', uri: file.uri, doneTokens, totalTokens });
    }, 250);
    try {
      readings.push(await reader.read(file, true, signal));
    } catch (error) {
      if (files.length === 1 || isAbort(error, signal) || !(error instanceof UserError)) throw error;
    } finally {
      clearInterval(told);
    }
  }
  return readings;
}
