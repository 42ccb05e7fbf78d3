import * as vscode from 'vscode';
import type { AskResult } from '../../protocol';
import { fenced, languageOf } from './markdown';
import { locationOf, placeName } from './locations';

/**
 * Has the user's chat model put the cited places into words. It receives these places and the question, nothing else.
 *
 * @returns whether it did: if a model refuses or fails, the caller answers
 */
export async function explain(
  model: vscode.LanguageModelChat,
  question: string,
  result: AskResult,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<boolean> {
  const places = result.citations.map(
    ({ uri, startLine, endLine, text }, i) =>
      `[${i + 1}] ${placeName(uri, startLine)}-${endLine}\n${fenced(text, languageOf(uri))}`,
  );
  const prompt =
    'Answer the question using only these excerpts of the code. After every sentence, put the number of its excerpt in brackets. ' +
    `If they do not answer it, say so.\n\n${places.join('\n\n')}\n\nQuestion: ${question}`;
  try {
    const response = await model.sendRequest([vscode.LanguageModelChatMessage.User(prompt)], {}, token);
    let written = false;
    for await (const part of response.text) {
      written ||= part !== '';
      stream.markdown(part);
    }
    if (!written) return false;
    list(result, stream);
    return true;
  } catch (error) {
    if (error instanceof vscode.LanguageModelError) return false;
    throw error;
  }
}

/** The places by the numbers the model was given. */
function list({ citations }: AskResult, stream: vscode.ChatResponseStream): void {
  for (const [i, citation] of citations.entries()) {
    stream.markdown(`\n\n\\[${i + 1}\\] `);
    stream.anchor(locationOf(citation), placeName(citation.uri, citation.line));
    stream.reference(locationOf(citation));
  }
}
