import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { candidateLines, type Elsewhere, type Engine } from '../../src/engine';
import { WorkspaceIndex } from '../../src/engine/lookup';
import { FileMemory, MemoryStore, type FileReading, type MemoryDocument } from '../../src/memory';
import { manyLines, readBefore, startBehind } from '../../src/server/complete';
import { copyFromAny, copyLongestMatch } from './copying';
import { kinds, WORKSPACE_TOKENS, type Kind } from './lookupCases';
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
export async function lineCases(engine: Engine, { file, others }: WorkFile, random: () => number): Promise<LineCase[]> {
  const folder = mkdtempSync(join(tmpdir(), 'memmamba-bench-'));
  const store = await MemoryStore.open(folder);
  const memory = new FileMemory(engine, store);
  const bytes = Buffer.from(file.text, 'utf8');
  const workspace = new WorkspaceIndex(engine.config.vocabSize, WORKSPACE_TOKENS);
  for (const other of others) workspace.set(other.path, engine.tokenizer.encode(Buffer.from(other.text, 'utf8')));
  const texts = others.map(({ text }) => Buffer.from(text, 'utf8').toString('latin1'));
  const chosen = (Object.keys(kinds) as Kind[])
    .flatMap((kind) => kinds[kind].choose(bytes, kinds[kind].count, random).map((hole) => ({ ...hole, kind })))
    .sort((a, b) => a.start - b.start);
  const cases: LineCase[] = [];
  for (const { kind, start, end } of chosen) {
    const holed = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    const document: MemoryDocument = { label: file.path, basename: basename(file.path), bytes: holed };
    const before = await readBefore(engine, memory, document, start);
    const want = bytes.subarray(start, end);
    const consider = (elsewhere?: Elsewhere): Promise<Considered[]> =>
      considered(engine, before, document, { start, want, elsewhere });
    const isWanted = (text: string): boolean => text.trimEnd() === want.toString('latin1').trimEnd();
    cases.push({
      kind,
      copying: isWanted(copyLongestMatch(holed.toString('latin1'), start)),
      copyingPackage: isWanted(copyFromAny(holed.toString('latin1'), start, texts)),
      file: await consider(),
      workspace: await consider(workspace.around(file.path)),
    });
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
