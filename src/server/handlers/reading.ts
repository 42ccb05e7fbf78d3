import type { Connection } from 'vscode-languageserver/node';
import {
  FilesRequest,
  ForgetAllRequest,
  ForgetRequest,
  PauseNotification,
  ReadRequest,
  StatusRequest,
  TrustNotification,
} from '../../protocol';
import { handle, listen } from '../connection';
import { pathOf, type LibraryFile } from '../reading';
import type { Session } from '../session';

/** Answers the messages about the state of reading: the status, the tree, read again, forget, pause, trust. */
export function handleReading(connection: Connection, session: Session): void {
  const { library } = session;
  handle(connection, StatusRequest, () => session.status());

  handle(connection, FilesRequest, ({ folder }) => ({
    entries: library.entries(folder === undefined ? undefined : pathOf(folder)),
  }));

  handle(connection, ReadRequest, async ({ uris }) => {
    const { store, reader } = session.tools;
    const all = [...library.files.values()];
    const wanted =
      uris.length === 0
        ? all.filter(({ state }) => state.kind !== 'fresh')
        : uris.flatMap((uri) => under(session, uri));
    let queued = 0;
    for (const file of wanted) {
      if (file.state.kind === 'reading') continue;
      if (uris.length > 0) {
        // Read again means from the first token, whatever the store holds.
        store.forget(file.key);
        file.reading = undefined;
        file.prefix = undefined;
      }
      if (file.state.kind === 'skipped' && file.state.reason === 'forgotten') file.state = { kind: 'waiting' };
      await library.admit(file);
      if ((file.state as { kind: string }).kind === 'skipped') continue;
      file.isWanted = true;
      reader.due(file);
      queued++;
    }
    return { queued };
  });

  handle(connection, ForgetRequest, ({ uris }) => ({
    states: session.forget(uris.flatMap((uri) => under(session, uri))),
  }));

  handle(connection, ForgetAllRequest, () => {
    const { store } = session.tools;
    const states = store.stats().states;
    session.forget([...library.files.values()]);
    store.clear();
    return { states };
  });

  listen(connection, PauseNotification, ({ paused }) => session.setPaused(paused));

  listen(connection, TrustNotification, ({ trusted }) => {
    library.isTrusted = trusted;
    for (const file of library.files.values()) if (file.document) void library.admit(file);
  });
}

/** The file of a URI, or all files below the folder that it names. */
function under(session: Session, uri: string): LibraryFile[] {
  const file = session.library.byUri(uri);
  return file ? [file] : session.library.below(uri);
}
