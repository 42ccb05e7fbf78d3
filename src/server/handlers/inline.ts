import type { Connection, InlineCompletionList, Position, TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Logger } from '../../common';
import { answer } from '../connection';
import type { Session } from '../session';

/** Answers `textDocument/inlineCompletion`. Without a model, or without an offer, the answer is an empty list. */
export function handleInline(
  connection: Connection,
  session: Session,
  documents: TextDocuments<TextDocument>,
  log: Logger,
): void {
  connection.languages.inlineCompletion.on((params, token) =>
    answer<InlineCompletionList>(token, async (signal) => {
      const started = performance.now();
      const tools = session.toolsIfReady;
      const document = documents.get(params.textDocument.uri);
      const file = session.workspace.byUri(params.textDocument.uri);
      if (!tools || !document || file?.document !== document) return { items: [] };
      session.noteActivity();
      const outcome = await tools.completer.complete(file, document, params, session.settings, signal);
      if (file === session.workspace.active) session.setCompletionWaits(outcome.kind === 'not-read');
      const took = `${Math.round(performance.now() - started)} ms`;
      switch (outcome.kind) {
        case 'offered':
          log.debug(`completion in ${took}, confidence ${outcome.confidence.toFixed(2)}`);
          tools.attendedNotes.completed(file.key, { text: outcome.items[0]?.insertText as string, ...params.position });
          return { items: outcome.items };
        case 'nothing':
          log.debug(`no completion (${outcome.why}) after ${took}`);
          return { items: [] };
        case 'not-read':
          tools.prefixes.prepare(file, byteOffset(document, params.position));
          log.debug(`no completion: ${outcome.missingTokens} tokens before the cursor have not been read yet`);
          return { items: [] };
      }
    }),
  );
}

function byteOffset(document: TextDocument, position: Position): number {
  return Buffer.byteLength(document.getText().slice(0, document.offsetAt(position)));
}
