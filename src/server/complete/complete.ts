import { collect, generate, type Engine, type GenerateEnd, type Stop } from '../../engine';
import type { FileMemory, MemoryDocument, ReadOptions } from '../../memory';
import { shownBehind, startMiddle } from './infill';

export interface CompleteOptions extends ReadOptions {
  /** Default 64. */
  maxTokens?: number;
  /** Where the completion ends by itself. Default `line`; undefined stands for the model's own end mark only. */
  stop?: Stop | undefined;
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

/** Tokens behind the cursor that the model is shown. */
const SUFFIX_TOKENS = 128;

/**
 * Completes a document at a place: everything before it is read (from the store as far as possible: the chain of a prefix is the
 * beginning of the chain of the whole), and the model writes what belongs there, greedily.
 *
 * @param offset byte offset in the document, at the start of a character
 * @throws ReadInterruptedError after an abort while reading, signal.reason while writing
 */
export async function completeAt(
  engine: Engine,
  memory: FileMemory,
  document: MemoryDocument,
  offset: number,
  options: CompleteOptions = {},
): Promise<Completion> {
  const { tokenizer } = engine;
  const wordStart = offset - tokenizer.heal(document.bytes.subarray(0, offset));
  const before = await memory.read({ ...document, bytes: document.bytes.subarray(0, wordStart) }, options);
  const decoder = await engine.decoder(before.state, before.tail);
  const word = document.bytes.subarray(wordStart, offset);
  const behind = shownBehind(document.bytes.subarray(offset));
  const { begin, shown } = await startMiddle(decoder, tokenizer, word, behind, SUFFIX_TOKENS);
  const lookup = engine.lookup(engine.index(before.tokens, tokenizer.encode(document.bytes.subarray(offset))));
  lookup?.push(...shown);

  const { signal } = options;
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
