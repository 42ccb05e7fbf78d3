import type { Connection } from 'vscode-languageserver/node';
import { isAbort, UserError } from '../../common';
import type { ModelState } from '../../engine';
import {
  AskRequest,
  type AskCitation,
  type AskParams,
  type AskProgress,
  type AskResult,
  type AskScope,
} from '../../protocol';
import { askIndex, recall, type AskModel, type Citation } from '../ask';
import { handle } from '../connection';
import { fileSkipped, type LibraryFile } from '../reading';
import type { RecallSource } from '../recalls';
import { Priority } from '../schedule';
import type { Ready, Session } from '../session';

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
  const { engine, reader, recalls, asking } = session.tools;
  const { index, library, scheduler } = session;
  session.noteActivity();
  const scope = filesInScope(session, params);
  await readAll(reader, scope.toRead, report, signal);
  const keys = scope.searched.map(({ key }) => key);
  await index.settled(keys);
  const files = index.list(keys);
  report({ kind: 'searching', files: files.length });

  const uriOf = (key: string): string => library.files.get(key)?.uri ?? key;
  const toCitation = ({ label, line, startLine, endLine, text, symbol, foundBy }: Citation): AskCitation => ({
    uri: uriOf(label),
    line,
    startLine,
    endLine,
    text,
    ...(symbol !== undefined && { symbol }),
    foundBy,
  });
  const documents: { state: ModelState; source: RecallSource }[] = [];
  const watched = recalls.watchAnswer(params.question, engine, documents);
  const model: AskModel = async (key, question) => {
    const file = library.files.get(key);
    if (file === undefined || file.state.kind === 'skipped') return undefined;
    // Reading takes turns of its own, so it must not happen within a turn of this task.
    const reading = await reader.read(file, true, signal);
    documents.push({
      state: reading.state,
      source: { key, uri: file.uri, name: file.name, tokens: reading.tokens },
    });
    return scheduler.run({ priority: () => Priority.ask, signal }, async (turn) => {
      await turn();
      return recall(watched.engine, reading, question, signal);
    });
  };
  const answer = await askIndex(index, files, params.question, model, {
    signal,
    ...asking,
    ...(params.maxCitations !== undefined && { maxCitations: params.maxCitations }),
    onCitations: (citations) => report({ kind: 'citations', citations: citations.map(toCitation) }),
    onSentence: (sentence) => report({ kind: 'sentence', sentence }),
    onRecall: (label) => report({ kind: 'recalling', uri: uriOf(label) }),
  });
  watched.answered();
  return {
    found: answer.found,
    probability: answer.probability,
    sentences: answer.sentences,
    ...(answer.text !== undefined && { text: answer.text }),
    citations: answer.citations.map(toCitation),
    searched: files.length,
    notRead: scope.notRead,
    skipped: scope.skipped,
    milliseconds: Math.round(performance.now() - started),
  };
}

interface Scope {
  /** Files whose index is searched. */
  searched: LibraryFile[];
  /** Those of them that are read first where they are not: named by the user, or open. */
  toRead: LibraryFile[];
  notRead: number;
  skipped: number;
}

/** @throws UserError when the one file that was asked about is not read */
function filesInScope({ library }: Session, { scope }: { scope: AskScope }): Scope {
  if (scope.kind === 'file') {
    const file = library.byUri(scope.uri);
    if (file === undefined) throw fileSkipped(scope.uri, 'it belongs to no workspace folder and is not open');
    if (file.state.kind === 'skipped') throw fileSkipped(file.name, file.state.why);
    return { searched: [file], toRead: [file], notRead: 0, skipped: 0 };
  }
  const all = [...library.files.values()];
  const wanted = scope.kind === 'openFiles' ? all.filter(({ document }) => document !== undefined) : all;
  const readable = wanted.filter(({ state }) => state.kind !== 'skipped');
  // Open documents are read at once; of the others, those that have been read so far count.
  const searched = readable.filter(({ state, document }) => state.kind === 'fresh' || document !== undefined);
  return {
    searched,
    toRead: searched.filter(({ document }) => document !== undefined),
    notRead: readable.length - searched.length,
    skipped: wanted.length - readable.length,
  };
}

/** Reads what is not read yet, before everything else. Files that vanish or turn out unreadable meanwhile are left out. */
async function readAll(
  reader: Ready['reader'],
  files: readonly LibraryFile[],
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  for (const file of files) {
    const told = setInterval(() => {
      if (file.state.kind !== 'reading') return;
      const { doneTokens, totalTokens } = file.state;
      report({ kind: 'reading', uri: file.uri, doneTokens, totalTokens });
    }, 250);
    try {
      // One that is closed and fresh is in the index; reading it would restore its state for nothing.
      if (file.document !== undefined || file.state.kind !== 'fresh') await reader.read(file, true, signal);
    } catch (error) {
      if (files.length === 1 || isAbort(error, signal) || !(error instanceof UserError)) throw error;
    } finally {
      clearInterval(told);
    }
  }
}
