import * as vscode from 'vscode';
import { AskRequest, type AskResult } from '../../protocol';
import { failure, summary } from '../ask';
import type { ServerProcess } from '../serverProcess';
import { settings } from '../settings';
import { explain } from './explain';
import { locationOf, placeName, scopeOf } from './locations';
import { answerParts, escaped } from './markdown';
import { VENDOR } from './localModel';

/** How a request ended. */
export interface ChatOutcome extends vscode.ChatResult {
  metadata: {
    found: boolean;
    /** `src/a.ts:41` */
    citations: string[];
    /** The chat model that received the cited places, if any. */
    sharedWith?: string;
    /** The question, if less than the workspace was searched and nothing was found. */
    wider?: string;
  };
}

/** Maximum number of citations passed to a chat model. */
const SHARED_CITATIONS = 8;

/** Registers `@memmamba`. */
export function registerParticipant(context: vscode.ExtensionContext, server: ServerProcess): vscode.Disposable[] {
  const handler: vscode.ChatRequestHandler = (request, _chat, stream, token) => answer(server, request, stream, token);
  const participant = vscode.chat.createChatParticipant('memmamba.memmamba', handler);
  participant.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media', 'icon.png');
  participant.followupProvider = { provideFollowups: (result) => followups(result as ChatOutcome) };
  return [vscode.Disposable.from(participant)];
}

/** What was not found in a file may be in other files. */
function followups({ metadata: { wider } }: ChatOutcome): vscode.ChatFollowup[] {
  if (wider === undefined) return [];
  return [{ prompt: wider, command: 'workspace', label: vscode.l10n.t('Search the whole workspace') }];
}

/**
 * Answers from memory, with places; with the user's own chat model only where a setting allows it. Never throws: failures are shown
 * in the chat, with a hint.
 */
async function answer(
  server: ServerProcess,
  request: vscode.ChatRequest,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<ChatOutcome> {
  try {
    return await answerOrThrow(server, request, stream, token);
  } catch (error) {
    const metadata = { found: false, citations: [] };
    if (token.isCancellationRequested) return { metadata };
    return { metadata, errorDetails: { message: failure(error) } };
  }
}

async function answerOrThrow(
  server: ServerProcess,
  request: vscode.ChatRequest,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<ChatOutcome> {
  const question = request.prompt.trim();
  if (question === '') {
    stream.markdown(vscode.l10n.t('Ask about anything that was read.'));
    return { metadata: { found: false, citations: [] } };
  }
  const scope = scopeOf(request.command);
  const model = settings()['ask.useChatModel'] && request.model.vendor !== VENDOR ? request.model : undefined;
  const result = await server.request(
    AskRequest,
    { question, scope, maxCitations: model === undefined ? 3 : SHARED_CITATIONS },
    token,
    (progress) => {
      if (progress.kind === 'recalling') {
        const name = vscode.workspace.asRelativePath(vscode.Uri.parse(progress.uri));
        stream.progress(vscode.l10n.t('Asking the model about {0}…', escaped(name)));
      }
    },
  );
  const citations = result.citations.map(({ uri, line }) => placeName(uri, line));
  if (!result.found) {
    stream.markdown(`${vscode.l10n.t('Not found in memory.')} (${summary(result)})`);
    const wider = scope.kind === 'workspace' ? {} : { wider: question };
    return { metadata: { found: false, citations, ...wider } };
  }
  if (model !== undefined && (await explain(model, question, result, stream, token))) {
    return { metadata: { found: true, citations, sharedWith: model.id } };
  }
  if (!result.isSure) stream.markdown(`${vscode.l10n.t('Not sure, possibly here:')}\n\n`);
  show(result, stream);
  return { metadata: { found: true, citations } };
}

/** Sentences and places as links that the editor opens. */
function show(result: AskResult, stream: vscode.ChatResponseStream): void {
  for (const part of answerParts(result)) {
    if ('markdown' in part) stream.markdown(part.markdown);
    else stream.anchor(locationOf(part.place), placeName(part.place.uri, part.place.line));
  }
  for (const citation of result.citations) stream.reference(locationOf(citation));
}
