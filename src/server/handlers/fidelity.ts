import type { Connection } from 'vscode-languageserver/node';
import { measureFidelity } from '../../engine';
import { FidelityRequest, type FidelityProgress } from '../../protocol';
import { handle } from '../connection';
import { Priority } from '../schedule';
import type { Session } from '../session';

/** Answers `memmamba/fidelity`: measures how much of a file survives in its memory. */
export function handleFidelity(connection: Connection, session: Session): void {
  handle(connection, FidelityRequest, async ({ uri, progressToken }, signal) => {
    const { engine, reader } = session.tools;
    const reading = await reader.read(session.library.known(uri), true, signal);
    const onProgress = (done: number, total: number): void => {
      const value: FidelityProgress = { done, total };
      if (progressToken === undefined) return;
      connection.sendNotification('$/progress', { token: progressToken, value }).catch(() => undefined);
    };
    return session.scheduler.run({ priority: () => Priority.ask, signal }, async (turn) => {
      await turn();
      return measureFidelity(engine, reading, { signal, onProgress });
    });
  });
}
