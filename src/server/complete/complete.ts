import {
  collect,
  cursorLine,
  generate,
  type OtherFilesIndex,
  type ReadingEngine,
  type GenerateEnd,
  type Stop,
  type ScoredLine,
} from '../../engine';
import type { FileMemory, FileReading, MemoryDocument, ReadOptions } from '../../memory';
import { scoredCandidates, isAtLineEnd, MAX_CANDIDATES, meanLogProb } from './lines';
import { appendLine, lastBoundary, type Start } from './start';
import { wholeCharacters } from './text';

export interface CompleteOptions extends ReadOptions {
  /** Default 64. */
  maxTokens?: number;
  /** Where the completion ends by itself. Default `line`; undefined = only at the model's end mark. */
  stop?: Stop | undefined;
  /** Whether n-gram matches in the document count, if weights were fitted for this model. Default true. */
  usesNgrams?: boolean;
  /** Other files whose matches count, too. Default none. */
  otherFiles?: OtherFilesIndex | undefined;
  /**
   * Number of candidate lines, where one line is wanted and nothing follows the cursor in it. Default {@link MAX_CANDIDATES}; 1 = only the
   * greedy one.
   */
  lines?: number;
}

/** A scored candidate line. */
export interface CompletionCandidate {
  text: string;
  /** Probability that it is the right one among the candidates, 0..1. */
  share: number;
}

export interface Completion {
  text: string;
  tokens: number;
  /** Mean natural log probability per token; 0 for an empty completion. */
  meanLogProb: number;
  end: GenerateEnd['reason'];
  /** The best first, which is the completion; empty where no candidates were scored. */
  candidates: CompletionCandidate[];
  /** Tokens before the cursor whose state came from the store, and tokens that had to be read. */
  restoredTokens: number;
  readTokens: number;
}

/**
 * Completes a document at a position: everything before it is read (from the store as far as possible: the chain of a prefix is
 * a prefix of the whole chain), and the model writes what belongs there, greedily.
 *
 * @param offset byte offset in the document, at the start of a character
 * @throws ReadInterruptedError after an abort while reading, signal.reason afterwards
 */
export async function completeAt(
  engine: ReadingEngine,
  memory: FileMemory,
  document: MemoryDocument,
  offset: number,
  options: CompleteOptions = {},
): Promise<Completion> {
  const before = await readPrefix(engine, memory, document, offset, options);
  return writeCompletion(engine, before, document, offset, options);
}

/** The first half of {@link completeAt}: reads the text before the word at the position. @throws ReadInterruptedError after an abort */
export function readPrefix(
  { tokenizer }: ReadingEngine,
  memory: FileMemory,
  document: MemoryDocument,
  offset: number,
  { signal, onProgress }: ReadOptions = {},
): Promise<FileReading> {
  const bytes = document.bytes.subarray(0, offset - tokenizer.heldBackLength(document.bytes.subarray(0, offset)));
  // A text of complete blocks is completed from the boundary before its last block.
  return memory.read({ ...document, bytes }, { signal, onProgress, holdsPrevious: true });
}

/**
 * @param before result of {@link readPrefix} for the same document and position @throws signal.reason after an abort
 */
export async function startAtCursor(
  engine: ReadingEngine,
  before: FileReading,
  document: MemoryDocument,
  offset: number,
  { signal, usesNgrams = true, otherFiles }: CompleteOptions = {},
): Promise<Start> {
  const { tokenizer } = engine;
  const { tokens } = before;
  const after = document.bytes.subarray(offset);
  const boundary = lastBoundary(tokens, engine.config.stateGrid);
  const decoder = await engine.decoder(await before.stateAt(boundary, signal), tokens.subarray(boundary));
  const line = document.bytes.subarray(before.bytes.length, offset);
  const { heldBack, appended } = await appendLine(decoder, tokenizer, line);
  // Matches are searched in the text before the cursor as it is in the document.
  const matcher = usesNgrams
    ? engine.ngramMatcher(engine.index(tokens, tokenizer.encode(after)), otherFiles)
    : undefined;
  matcher?.push(...appended);
  return { decoder, heldBack, matcher };
}

/**
 * The second half of {@link completeAt}. Nothing of it is kept: another completion may continue from the same reading.
 *
 * @param before result of {@link readPrefix} for the same document and position
 * @throws signal.reason after an abort
 */
export async function writeCompletion(
  engine: ReadingEngine,
  before: FileReading,
  document: MemoryDocument,
  offset: number,
  options: CompleteOptions = {},
): Promise<Completion> {
  const { tokenizer } = engine;
  const { signal, maxTokens = 64, lines = MAX_CANDIDATES } = options;
  const { decoder, heldBack, matcher } = await startAtCursor(engine, before, document, offset, options);
  const after = document.bytes.subarray(offset);
  const stop = 'stop' in options ? options.stop : 'line';
  const line = cursorLine(document.bytes.subarray(0, offset));
  const { restoredTokens, readTokens } = before;
  const written =
    stop === 'line' && isAtLineEnd(after)
      ? await bestOfCandidates(engine, decoder, after, {
          heldBack,
          matcher,
          maxTokens,
          count: lines,
          mustWrite: line.isBlank,
          signal,
        })
      : await greedy(
          generate(decoder, {
            tokenizer,
            heldBack,
            matcher,
            maxTokens,
            line,
            mustWrite: stop !== undefined && line.isBlank && isAtLineEnd(after),
            ...(stop && { stop }),
            ...(signal && { signal }),
          }),
        );
  return { ...written, restoredTokens, readTokens };
}

type Written = Omit<Completion, 'restoredTokens' | 'readTokens'>;

/** The best of several candidates. */
async function bestOfCandidates(
  ...[engine, decoder, after, options]: Parameters<typeof scoredCandidates>
): Promise<Written> {
  const lines = await scoredCandidates(engine, decoder, after, options);
  const [best] = lines as [ScoredLine, ...ScoredLine[]];
  const textOf = ({ bytes }: ScoredLine): string => wholeCharacters(bytes);
  return {
    text: textOf(best),
    tokens: best.tokens,
    meanLogProb: meanLogProb(best),
    end: best.isWhole ? 'stop' : 'length',
    candidates: lines.map((line) => ({ text: textOf(line), share: line.share })),
  };
}

/** The greedy completion. */
async function greedy(tokens: ReturnType<typeof generate>): Promise<Written> {
  const { bytes, ids, logProb, end } = await collect(tokens);
  return {
    text: wholeCharacters(bytes),
    tokens: ids.length,
    meanLogProb: ids.length === 0 ? 0 : logProb / ids.length,
    end: end.reason,
    candidates: [],
  };
}
