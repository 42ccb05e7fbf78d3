import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { candidateLines, type OtherFilesIndex, type Engine } from '../src/engine';
import { FileMemory, MemoryStore, type FileReading, type MemoryDocument } from '../src/memory';
import { MAX_CANDIDATES, readPrefix, startAtCursor } from '../src/server/complete';
import { placesIn, type Kind } from './linePlaces';
import type { WorkFile } from './ngramFiles';

/** Number of tokens after the cursor to predict. */
export const MAX_SUFFIX_TOKENS = 16;

/** One scored candidate. */
export interface ScoredCase {
  isRight: boolean;
  logProb: number;
  /** Natural log probabilities of the first tokens after the cursor, given the line. */
  suffix: number[];
}

/** One position where a line was to be completed. */
export interface LineCase {
  kind: Kind;
  copying: boolean;
  copyingPackage: boolean;
  /** The candidates, the greedy one first: with the file alone, and with the other files of its package. */
  file: ScoredCase[];
  workspace: ScoredCase[];
}

/** Completes lines of one file, as the product does. */
export async function lineCases(engine: Engine, work: WorkFile, random: () => number): Promise<LineCase[]> {
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const store = await MemoryStore.open(folder);
  const memory = new FileMemory(engine, store);
  const { path } = work.file;
  const { otherFiles, places } = placesIn(engine, work, random);
  const cases: LineCase[] = [];
  for (const { kind, start, holed, want, copying, copyingPackage } of places) {
    const document: MemoryDocument = { label: path, basename: basename(path), bytes: holed };
    const before = await readPrefix(engine, memory, document, start);
    const writeCandidates = (others?: OtherFilesIndex): Promise<ScoredCase[]> =>
      scoredCases(engine, before, document, { start, want, otherFiles: others });
    cases.push({
      kind,
      copying,
      copyingPackage,
      file: await writeCandidates(),
      workspace: await writeCandidates(otherFiles),
    });
  }
  await store.close();
  rmSync(folder, { recursive: true });
  return cases;
}

async function scoredCases(
  engine: Engine,
  before: FileReading,
  document: MemoryDocument,
  { start, want, otherFiles }: { start: number; want: Buffer; otherFiles: OtherFilesIndex | undefined },
): Promise<ScoredCase[]> {
  const { tokenizer } = engine;
  const { decoder, heldBack, matcher } = await startAtCursor(engine, before, document, start, { otherFiles });
  const lines = await candidateLines(decoder, { tokenizer, heldBack, matcher, maxTokens: 64, count: MAX_CANDIDATES });
  const suffix = tokenizer.encode(document.bytes.subarray(start)).subarray(0, MAX_SUFFIX_TOKENS);
  const list: ScoredCase[] = [];
  for (const line of lines) {
    list.push({
      isRight: Buffer.from(line.bytes).toString('latin1').trimEnd() === want.toString('latin1').trimEnd(),
      logProb: line.logProb,
      suffix: Array.from(await line.decoder.predict(suffix)),
    });
  }
  return list;
}
