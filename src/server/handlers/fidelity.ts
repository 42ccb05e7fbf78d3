import type { Connection } from 'vscode-languageserver/node';
import { measureFidelity } from '../../engine';
import { FidelityRequest } from '../../protocol';
import { handle } from '../connection';
import { Priority } from '../../workspace';
import type { Session } from '../session';

/** Answers `memmamba/fidelity`: measures how much of a file survives in its memory. */
export function handleFidelity(connection: Connection, session: Session): void {
  handle(connection, FidelityRequest, async ({ uri }, signal, report) => {
    const { reader, tasks } = session.tools;
    const reading = await reader.read(session.workspace.known(uri), true, signal);
    const onProgress = (done: number, total: number): void => report({ done, total });
    return tasks.run({ priority: () => Priority.ask, signal }, async (engine) => {
      await engine.turn();
      return measureFidelity(engine, reading.with(engine), { signal, onProgress });
    });
  });
}
