import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { candidateLines, type Elsewhere, type Engine } from '../src/engine';
import { FileMemory, MemoryStore, type FileReading, type MemoryDocument } from '../src/memory';
import { manyLines, readBefore, startBehind } from '../src/server/complete';
import { placesIn, type Kind } from './linePlaces';
import type { WorkFile } from './lookupFiles';

/** Tokens of the text behind the cursor that are asked for. */
export const MOST_BEHIND = 16;

/** One line that was considered. */
export interface Considered {
  isRight: boolean;
  logProb: number;
  /** Natural log probabilities of the first tokens behind the cursor after it. */
  behind: number[];
}

/** One place where a line was to be completed. */
export interface LineCase {
  kind: Kind;
  copying: boolean;
  copyingPackage: boolean;
  /** The lines that the model considers, the greedy one first: with the file alone, and with the other files of its package. */
  file: Considered[];
  workspace: Considered[];
}

/** Completes lines of one file, as the product does. */
export async function lineCases(engine: Engine, work: WorkFile, random: () => number): Promise<LineCase[]> {
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const store = await MemoryStore.open(folder);
  const memory = new FileMemory(engine, store);
  const { path } = work.file;
  const { elsewhere, places } = placesIn(engine, work, random);
  const cases: LineCase[] = [];
  for (const { kind, start, holed, want, copying, copyingPackage } of places) {
    const document: MemoryDocument = { label: path, basename: basename(path), bytes: holed };
    const before = await readBefore(engine, memory, document, start);
    const consider = (others?: Elsewhere): Promise<Considered[]> =>
      considered(engine, before, document, { start, want, elsewhere: others });
    cases.push({ kind, copying, copyingPackage, file: await consider(), workspace: await consider(elsewhere) });
  }
  await store.close();
  rmSync(folder, { recursive: true });
  return cases;
}

async function considered(
  engine: Engine,
  before: FileReading,
  document: MemoryDocument,
  { start, want, elsewhere }: { start: number; want: Buffer; elsewhere: Elsewhere | undefined },
): Promise<Considered[]> {
  const { tokenizer } = engine;
  const { decoder, begin, lookup } = await startBehind(engine, before, document, start, { elsewhere });
  const lines = await candidateLines(decoder, { tokenizer, begin, lookup, maxTokens: 64, count: manyLines });
  const behind = tokenizer.encode(document.bytes.subarray(start)).subarray(0, MOST_BEHIND);
  const list: Considered[] = [];
  for (const line of lines) {
    list.push({
      isRight: Buffer.from(line.bytes).toString('latin1').trimEnd() === want.toString('latin1').trimEnd(),
      logProb: line.logProb,
      behind: Array.from(await line.decoder.predict(behind)),
    });
  }
  return list;
}
