import {
  collect,
  generate,
  type Elsewhere,
  type Engine,
  type GenerateEnd,
  type InfillSetting,
  type Stop,
} from '../../engine';
import type { FileMemory, FileReading, MemoryDocument, ReadOptions } from '../../memory';
import { appendLine, approach, shownBehind } from './infill';

export interface CompleteOptions extends ReadOptions {
  /** Default 64. */
  maxTokens?: number;
  /** Where the completion ends by itself. Default `line`; undefined stands for the model's own end mark only. */
  stop?: Stop | undefined;
  /** How the text behind the place is shown; default: as was measured best with this model. */
  infill?: InfillSetting;
  /** Whether what stands elsewhere in the document weighs in, if this model was fitted for that. Default true. */
  looksUp?: boolean;
  /** Other files that weigh in, too. Default none. */
  elsewhere?: Elsewhere;
}

export interface Completion {
  text: string;
  tokens: number;
  /** Mean natural log probability per token; 0 for an empty completion. */
  meanLogProb: number;
  end: GenerateEnd['reason'];
  /** Tokens before the cursor whose state came from the store, and tokens that had to be read. */
  restoredTokens: number;
  readTokens: number;
}

/**
 * Completes a document at a place: everything before it is read (from the store as far as possible: the chain of a prefix is the
 * beginning of the chain of the whole), and the model writes what belongs there, greedily.
 *
 * @param offset byte offset in the document, at the start of a character
 * @throws ReadInterruptedError after an abort while reading, signal.reason afterwards
 */
export async function completeAt(
  engine: Engine,
  memory: FileMemory,
  document: MemoryDocument,
  offset: number,
  options: CompleteOptions = {},
): Promise<Completion> {
  const before = await readBefore(engine, memory, document, offset, options);
  return writeBehind(engine, before, document, offset, options);
}

/** The first half of {@link completeAt}: reads what stands before the word at the place. @throws ReadInterruptedError after an abort */
export function readBefore(
  { tokenizer }: Engine,
  memory: FileMemory,
  document: MemoryDocument,
  offset: number,
  { signal, onProgress }: ReadOptions = {},
): Promise<FileReading> {
  const bytes = document.bytes.subarray(0, offset - tokenizer.heal(document.bytes.subarray(0, offset)));
  // What stands behind the cursor is shown some tokens before it, as often as not before the last boundary.
  return memory.read({ ...document, bytes }, { signal, onProgress, holdsPrevious: true });
}

/**
 * The second half of {@link completeAt}. Nothing of it is kept: another completion may go on from the same reading.
 *
 * @param before what {@link readBefore} read for the same document and place
 * @throws signal.reason after an abort
 */
export async function writeBehind(
  engine: Engine,
  before: FileReading,
  document: MemoryDocument,
  offset: number,
  options: CompleteOptions = {},
): Promise<Completion> {
  const { tokenizer } = engine;
  const { signal, infill = engine.infill } = options;
  const { tokens, headerTokens } = before;
  const after = document.bytes.subarray(offset);
  const behind = shownBehind(tokenizer, after, infill);
  const { boundary, tail } = approach({ config: engine.config, tokenizer, infill }, { tokens, headerTokens, behind });
  const decoder = await engine.decoder(await before.stateAt(boundary, signal), tail);
  const { begin, appended } = await appendLine(
    decoder,
    tokenizer,
    document.bytes.subarray(before.bytes.length, offset),
  );
  // What is looked up is the text before the cursor as it stands in the document.
  const looksUp = options.looksUp ?? true;
  const lookup = looksUp ? engine.lookup(engine.index(tokens, tokenizer.encode(after)), options.elsewhere) : undefined;
  lookup?.push(...appended);

  const stop = 'stop' in options ? options.stop : 'line';
  const written = await collect(
    generate(decoder, {
      tokenizer,
      begin,
      lookup,
      maxTokens: options.maxTokens ?? 64,
      ...(stop && { stop }),
      ...(signal && { signal }),
    }),
  );
  return {
    text: Buffer.from(written.bytes).toString('utf8'),
    tokens: written.ids.length,
    meanLogProb: written.ids.length === 0 ? 0 : written.logProb / written.ids.length,
    end: written.end.reason,
    restoredTokens: before.restoredTokens,
    readTokens: before.readTokens,
  };
}
