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
import { pathOf } from '../../workspace';
import { handle, listen } from '../connection';
import type { Session } from '../session';
import { entriesOf } from '../tree';

/** Answers messages about reading: the status, the tree, read again, forget, pause, trust. */
export function handleReading(connection: Connection, session: Session): void {
  const { workspace } = session;
  handle(connection, StatusRequest, () => session.status());

  handle(connection, FilesRequest, ({ folder }) => ({
    entries: entriesOf(workspace, folder === undefined ? undefined : pathOf(folder)),
  }));

  handle(connection, ReadRequest, async ({ uris }) => {
    const { reader } = session.tools;
    const named = uris.flatMap((uri) => workspace.under(uri)).filter(({ state }) => state.kind !== 'reading');
    // Read again means from the first token, whatever is stored.
    if (named.length > 0) session.forget(named);
    const unread = [...workspace.files.values()].filter(({ state }) => state.kind !== 'fresh');
    return { queued: await reader.want(uris.length === 0 ? unread : named) };
  });

  handle(connection, ForgetRequest, ({ uris }) => ({
    states: session.forget(uris.flatMap((uri) => workspace.under(uri))),
  }));

  handle(connection, ForgetAllRequest, () => ({ states: session.forget('everything') }));

  listen(connection, PauseNotification, ({ paused }) => session.setPaused(paused));

  listen(connection, TrustNotification, ({ trusted }) => workspace.setTrusted(trusted));
}
