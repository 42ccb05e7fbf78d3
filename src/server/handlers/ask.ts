import { setTimeout } from 'node:timers/promises';
import type { Connection } from 'vscode-languageserver/node';
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
import type { Session } from '../session';

type Report = (progress: AskProgress) => void;

/** Answers `memmamba/ask`, reporting the steps as progress. */
export function handleAsk(connection: Connection, session: Session): void {
  handle(connection, AskRequest, (params, signal, report) => ask(session, params, report, signal));
}

/** If words of more files are still being indexed, an answer waits at most this long. Milliseconds. */
const INDEXING_TIME = 10_000;

/** Answers again if the file in question has changed in the meantime: no answer may cite a text that no longer exists. */
async function ask(session: Session, params: AskParams, report: Report, signal: AbortSignal): Promise<AskResult> {
  const { scope } = params;
  if (scope.kind !== 'file') return askOnce(session, params, report, signal);
  const file = session.workspace.known(scope.uri);
  for (;;) {
    const { revision } = file;
    const result = await askOnce(session, params, report, signal);
    if (file.revision === revision) return result;
  }
}

async function askOnce(session: Session, params: AskParams, report: Report, signal: AbortSignal): Promise<AskResult> {
  const started = performance.now();
  const { workspace, words, toolsIfReady: tools } = session;
  session.noteActivity();
  if (params.scope.kind !== 'file') await indexed(session, report, signal);
  const { readable, skipped } = filesInScope(session, params);
  await words.whenKnown(params.scope.kind === 'workspace' ? [] : readable, signal);
  const files = words.index.list(readable.map(({ key }) => key));
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
  const watched = tools?.attendedNotes.watchAnswer(params.question);
  const model: AskModel = async (key, question) => {
    const file = workspace.files.get(key);
    // Nobody waits for a first reading, except with a question about this very file.
    if (!tools || file === undefined || file.isOut) return undefined;
    if (params.scope.kind !== 'file' && file.state.kind !== 'fresh') return undefined;
    const { uri, name } = file;
    const told = setInterval(() => {
      if (file.state.kind === 'reading') report({ ...file.state, uri });
    }, PROGRESS_INTERVAL);
    return answerFromFile(tools, file, question, signal, (decoder, { tokens, headerTokens }) =>
      watched!.watch(decoder, { key, uri, name, tokens, headerTokens }),
    ).finally(() => clearInterval(told));
  };
  const answer = await askIndex(words.index, files, params.question, model, {
    signal,
    ...tools?.asking,
    previous: params.previous,
    ...(params.maxCitations !== undefined && { maxCitations: params.maxCitations }),
    report: (step) => {
      if (step.kind === 'citations') report({ kind: 'citations', citations: step.citations.map(toCitation) });
      else report(step.kind === 'sentence' ? step : { kind: 'recalling', uri: uriOf(step.label) });
    },
  });
  watched?.answered();
  return {
    found: answer.found,
    isSure: answer.isSure,
    probability: answer.probability,
    sentences: answer.sentences,
    ...(answer.text !== undefined && { text: answer.text }),
    citations: answer.citations.map(toCitation),
    searched: files.length,
    read: readable.filter(({ state }) => state.kind === 'fresh').length,
    notSearched: readable.length - files.length,
    skipped,
    milliseconds: Math.round(performance.now() - started),
  };
}

/** Interval of progress reports. Milliseconds. */
const PROGRESS_INTERVAL = 250;

/** Waits until the words of all files can be searched, within limits. */
async function indexed({ workspace, words }: Session, report: Report, signal: AbortSignal): Promise<void> {
  const end = performance.now() + INDEXING_TIME;
  while ((!workspace.isExplored || words.isBehind) && performance.now() < end) {
    signal.throwIfAborted();
    const files = [...workspace.files.values()].filter(({ isOut }) => !isOut);
    report({ kind: 'indexing', doneFiles: files.filter((file) => words.has(file)).length, totalFiles: files.length });
    await setTimeout(PROGRESS_INTERVAL);
  }
}

/** @throws UserError when the file in question is left out */
function filesInScope(
  { workspace }: Session,
  { scope }: { scope: AskScope },
): { readable: WorkspaceFile[]; skipped: number } {
  if (scope.kind === 'file') {
    const file = workspace.known(scope.uri);
    if (file.state.kind === 'skipped') throw fileSkipped(file.name, file.state.why);
    return { readable: [file], skipped: 0 };
  }
  const all = [...workspace.files.values()];
  const wanted = scope.kind === 'openFiles' ? all.filter(({ document }) => document !== undefined) : all;
  const readable = wanted.filter(({ state }) => state.kind !== 'skipped');
  return { readable, skipped: wanted.length - readable.length };
}
