import type { ReadingEngine } from '../../src/engine';
import type { FileReading } from '../../src/memory';
import { askDocuments, type Answer, type AskOptions } from '../../src/server';

/** Like `askDocuments`, for documents that have been read. */
export function askReadings(
  engine: ReadingEngine,
  readings: readonly FileReading[],
  question: string,
  options?: AskOptions,
): Promise<Answer> {
  const documents = readings.map((reading) => ({
    label: reading.label,
    bytes: reading.bytes,
    embeddings: () => reading.embeddings,
    open: () => Promise.resolve(reading),
  }));
  return askDocuments(engine, documents, question, options);
}
