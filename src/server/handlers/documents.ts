import { TextDocuments, type Connection } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { FocusNotification } from '../../protocol';
import { listen } from '../connection';
import type { Session } from '../session';

/** Keeps the texts of the editor's documents, unsaved ones included, and tracks the active one. */
export function handleDocuments(connection: Connection, session: Session): TextDocuments<TextDocument> {
  const documents = new TextDocuments(TextDocument);
  let focus: string | undefined;
  documents.onDidOpen(({ document }) => {
    void session.workspace.open(document).then(() => {
      if (document.uri === focus) session.setActive(focus);
    });
  });
  documents.onDidChangeContent(({ document }) => {
    // Opening is also reported as a change, before the workspace knows the document.
    if (session.workspace.byUri(document.uri)?.document !== document) return;
    session.noteActivity();
    session.workspace.edited(document);
  });
  documents.onDidClose(({ document }) => session.workspace.close(document));
  documents.listen(connection);
  listen(connection, FocusNotification, ({ active }) => {
    focus = active?.uri;
    session.setActive(active?.uri, active?.line, active?.character);
  });
  return documents;
}
