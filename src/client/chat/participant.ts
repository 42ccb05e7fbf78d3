import * as vscode from 'vscode';
import type { AskResult } from '../../protocol';
import { askMemory } from '../ask';
import type { ServerProcess } from '../serverProcess';
import { settings } from '../settings';
import { locationOf, placeName, scopeOf } from './places';
import { fenced, markdownOf } from './markdown';
import { VENDOR } from './localModel';

/** How a request ended. */
export interface ChatOutcome extends vscode.ChatResult {
  metadata: {
    found: boolean;
    /** `src/a.ts:41` */
    citations: string[];
    /** The chat model that the cited places were given to, if any. */
    sharedWith?: string;
  };
}

/** Citations that a chat model gets. */
const SHARED_CITATIONS = 8;

type Answer = (
  request: vscode.ChatRequest,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
) => Promise<ChatOutcome>;

/** Registers `@memmamba`. */
export function registerParticipant(context: vscode.ExtensionContext, asked: Answer): vscode.Disposable[] {
  const handler: vscode.ChatRequestHandler = (request, _chat, stream, token) => asked(request, stream, token);
  const participant = vscode.chat.createChatParticipant('memmamba.memmamba', handler);
  participant.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media', 'icon.png');
  return [vscode.Disposable.from(participant)];
}

/**
 * Answers from memory, with places; with the user's own chat model only where a setting allows it.
 *
 * @throws the server's error
 */
export async function answer(
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
  const scope = scopeOf(request.command ?? 'workspace');
  const model = settings()['ask.useChatModel'] && request.model.vendor !== VENDOR ? request.model : undefined;
  const result = await askMemory(
    server,
    { question, scope, maxCitations: model === undefined ? 3 : SHARED_CITATIONS },
    token,
    (progress) => {
      if (progress.kind === 'recalling') {
        stream.progress(
          vscode.l10n.t('Recalling {0}…', vscode.workspace.asRelativePath(vscode.Uri.parse(progress.uri))),
        );
      }
    },
  );
  const citations = result.citations.map(({ uri, line }) => placeName(uri, line));
  if (!result.found) {
    stream.markdown(vscode.l10n.t('Not found in memory.'));
    return { metadata: { found: false, citations } };
  }
  if (model !== undefined && (await explain(model, question, result, stream, token))) {
    return { metadata: { found: true, citations, sharedWith: model.id } };
  }
  stream.markdown(new vscode.MarkdownString(markdownOf(result)));
  cite(result, stream);
  return { metadata: { found: true, citations } };
}

/** The places as links, so that the editor opens them. */
function cite(result: AskResult, stream: vscode.ChatResponseStream): void {
  stream.markdown('\n\n');
  for (const citation of result.citations) {
    stream.anchor(locationOf(citation), placeName(citation.uri, citation.line));
    stream.markdown('\n\n');
    stream.reference(locationOf(citation));
  }
}

/**
 * Lets the user's chat model put the cited places into words. It gets these places and the question, nothing else.
 *
 * @returns whether it did: a model that refuses or fails leaves the answer to us
 */
async function explain(
  model: vscode.LanguageModelChat,
  question: string,
  result: AskResult,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<boolean> {
  const places = result.citations.map(
    ({ uri, startLine, endLine, text }, i) => `[${i + 1}] ${placeName(uri, startLine)}-${endLine}\n${fenced(text)}`,
  );
  const prompt =
    'Answer the question from these places of the code alone. Put the number of the place in brackets behind every sentence. ' +
    `If they do not answer it, say so.\n\n${places.join('\n\n')}\n\nQuestion: ${question}`;
  try {
    const response = await model.sendRequest([vscode.LanguageModelChatMessage.User(prompt)], {}, token);
    let written = false;
    for await (const part of response.text) {
      written ||= part !== '';
      stream.markdown(part);
    }
    if (!written) return false;
    cite(result, stream);
    return true;
  } catch (error) {
    if (error instanceof vscode.LanguageModelError) return false;
    throw error;
  }
}
