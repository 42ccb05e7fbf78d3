import type { Connection } from 'vscode-languageserver/node';
import { retainedTokens } from '../../memory';
import { MemoryRequest, type MemoryResult, type RetainedNote } from '../../protocol';
import { handle } from '../connection';
import { sizeOf } from '../picture';
import type { Session } from '../session';

/** Answers `memmamba/memory`: what the model keeps of a file. */
export function handleMemory(connection: Connection, session: Session): void {
  handle(connection, MemoryRequest, async ({ uri }, signal): Promise<MemoryResult> => {
    const { engine, reader } = session.tools;
    const file = session.library.known(uri);
    const reading = await reader.read(file, true, signal);
    const { config } = engine;
    const notes = retainedTokens(reading, config).map(({ place, ...note }): RetainedNote => {
      const onLine = note.text.replace(/[\r\n][^]*$/, '');
      return {
        ...note,
        ...(place && { place: { line: place.line, start: place.column, end: place.column + onLine.length } }),
      };
    });
    return {
      uri: file.uri,
      bytes: reading.bytes.length,
      tokens: reading.tokens.length,
      lines: reading.offsets.lineCount,
      restoredTokens: reading.restoredTokens,
      recentFrom: Math.max(0, reading.state.position - (reading.state.recent[0]?.count ?? 0)),
      stateBytes: sizeOf(reading.state),
      checkpoints: reading.checkpoints,
      poolSize: config.poolSize,
      archiveSize: config.archiveSize,
      layers: [...config.noteLayers],
      notes,
    };
  });
}
