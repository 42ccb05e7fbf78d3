import type { Connection } from 'vscode-languageserver/node';
import { isAbort, UserError } from '../../common';
import {
  AskRequest,
  type AskCitation,
  type AskParams,
  type AskProgress,
  type AskResult,
  type AskScope,
} from '../../protocol';
import { fileSkipped, type WorkspaceFile } from '../../workspace';
import { askIndex, answerFromFile, type AskModel, type Citation } from '../ask';
import { handle } from '../connection';
import type { Ready, Session } from '../session';

type Report = (progress: AskProgress) => void;

/** Answers `memmamba/ask`, reporting the steps as progress. */
export function handleAsk(connection: Connection, session: Session): void {
  handle(connection, AskRequest, (params, signal, report) => ask(session, params, report, signal));
}

async function ask(session: Session, params: AskParams, report: Report, signal: AbortSignal): Promise<AskResult> {
  const started = performance.now();
  const { tools, index, workspace } = session;
  const { reader, attendedNotes, asking } = tools;
  session.noteActivity();
  const scope = filesInScope(session, params);
  await readAll(reader, scope.toRead, report, signal);
  const keys = scope.searched.map(({ key }) => key);
  await index.settled(keys);
  const files = index.list(keys);
  report({ kind: 'searching', files: files.length });

  const uriOf = (key: string): string => workspace.files.get(key)?.uri ?? key;
  const toCitation = ({ label, line, startLine, endLine, text, symbol, foundBy }: Citation): AskCitation => ({
    uri: uriOf(label),
    line,
    startLine,
    endLine,
    text,
    ...(symbol !== undefined && { symbol }),
    foundBy,
  });
  const watched = attendedNotes.watchAnswer(params.question);
  const model: AskModel = async (key, question) => {
    const file = workspace.files.get(key);
    if (file === undefined || file.isOut) return undefined;
    const { uri, name } = file;
    return answerFromFile(tools, file, question, signal, (engine, { state, tokens }) =>
      watched.watch(engine, state, { key, uri, name, tokens }),
    );
  };
  const answer = await askIndex(index, files, params.question, model, {
    signal,
    ...asking,
    ...(params.maxCitations !== undefined && { maxCitations: params.maxCitations }),
    report: (step) => {
      if (step.kind === 'citations') report({ kind: 'citations', citations: step.citations.map(toCitation) });
      else report(step.kind === 'sentence' ? step : { kind: 'recalling', uri: uriOf(step.label) });
    },
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
  searched: WorkspaceFile[];
  /** Those of them that are read first where they are not: named by the user, or open. */
  toRead: WorkspaceFile[];
  notRead: number;
  skipped: number;
}

/** @throws UserError when the one file that was asked about is not read */
function filesInScope({ workspace }: Session, { scope }: { scope: AskScope }): Scope {
  if (scope.kind === 'file') {
    const file = workspace.byUri(scope.uri);
    if (file === undefined) throw fileSkipped(scope.uri, 'it belongs to no workspace folder and is not open');
    if (file.state.kind === 'skipped') throw fileSkipped(file.name, file.state.why);
    return { searched: [file], toRead: [file], notRead: 0, skipped: 0 };
  }
  const all = [...workspace.files.values()];
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
  files: readonly WorkspaceFile[],
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
