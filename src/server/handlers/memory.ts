import type { Connection } from 'vscode-languageserver/node';
import type { ModelState } from '../../engine';
import { retainedTokens } from '../../memory';
import { MemoryRequest, type MemoryResult, type RetainedNote } from '../../protocol';
import { handle } from '../connection';
import { fileSkipped } from '../reading';
import type { Session } from '../session';

/** Answers `memmamba/memory`: what the model keeps of a file. */
export function handleMemory(connection: Connection, session: Session): void {
  handle(connection, MemoryRequest, async ({ uri }, signal): Promise<MemoryResult> => {
    const { engine, reader } = session.tools;
    const file = session.library.byUri(uri);
    if (file === undefined) throw fileSkipped(uri, 'it belongs to no workspace folder and is not open');
    const reading = await reader.read(file, true, signal);
    const { config } = engine;
    const notes = retainedTokens(reading, config).map(({ position, layer, score, text, place }): RetainedNote => {
      const onLine = text.replace(/[\r\n][^]*$/, '');
      return {
        position,
        layer,
        score,
        text,
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
      layers: [...config.noteLayers],
      notes,
    };
  });
}

/** Bytes of all numbers in a state; it does not grow with the text once the pools are full. */
function sizeOf(state: ModelState): number {
  const arrays = [...state.conv, ...state.ssm, ...state.shift];
  for (const rows of [...state.pools, ...state.recent]) arrays.push(rows.key, rows.value, rows.bias, rows.scores);
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
