import type { Connection } from 'vscode-languageserver/node';
import type { FileReading } from '../../memory';
import {
  MemoryPanelRequest,
  AttendedRequest,
  type FileState,
  type MemoryPanelResult,
  type AttendedResult,
} from '../../protocol';
import { handle } from '../connection';
import { attendedFile, knowsEvicted, memoryViewModel } from '../viewModel';
import type { WorkspaceFile } from '../../workspace';
import type { Session } from '../session';

/** Answers the memory panel's requests. */
export function handleMemoryPanel(connection: Connection, session: Session): void {
  const revisions = new Revisions();
  let closed: { file: WorkspaceFile; state: FileState; reading: FileReading } | undefined;

  /**
   * The current reading. A file that is not open has none, but may have a state in the store: its last reading is cached here.
   */
  const readingOf = async (file: WorkspaceFile, signal: AbortSignal): Promise<FileReading | undefined> => {
    if (file.state.kind === 'skipped') return undefined;
    if (file.state.kind !== 'fresh' || file.document !== undefined) return file.reading;
    if (closed?.file !== file || closed.state !== file.state) {
      const reading = await session.tools.reader.read(file, true, signal);
      closed = { file, state: file.state, reading };
    }
    return closed.reading;
  };

  handle(connection, MemoryPanelRequest, async ({ uri, have }, signal): Promise<MemoryPanelResult> => {
    const { tasks, prefixes, attendedNotes } = session.tools;
    const file = session.workspace.known(uri);
    const reading = await readingOf(file, signal);
    const { state, name } = file;
    const states = prefixes.of(file);
    if (reading === undefined) return { uri: file.uri, name, state, revision: '' };
    const counts = attendedNotes.countsOf(file.key);
    // Includes the process id, since a client may send a revision to the next process.
    const revision = [
      process.pid,
      revisions.of(reading),
      knowsEvicted(reading, states),
      counts?.completions ?? 0,
      counts?.answers ?? 0,
    ].join(' ');
    if (revision === have) return { uri: file.uri, name, state, revision };
    const viewModel = memoryViewModel(reading, tasks.engine.config, states, counts);
    return { uri: file.uri, name, state, revision, viewModel };
  });

  handle(connection, AttendedRequest, ({ of }): AttendedResult | null => {
    const { tasks, attendedNotes } = session.tools;
    const { completion, answer } = attendedNotes;
    if (of === 'completion') {
      return completion ? { of, offered: completion.offered, files: [attendedFile(completion, tasks.engine)] } : null;
    }
    return answer
      ? { of, question: answer.question, files: answer.files.map((one) => attendedFile(one, tasks.engine)) }
      : null;
  });
}

/** A number for each reading. */
class Revisions {
  private readonly known = new WeakMap<FileReading, number>();
  private last = 0;

  of(reading: FileReading): number {
    const revision = this.known.get(reading) ?? ++this.last;
    this.known.set(reading, revision);
    return revision;
  }
}
