import { collect, generate, type ReadingEngine, type ScoredLine } from '../../engine';
import { isAtLineEnd, meanLogProb, scoredCandidates, wholeCharacters, type Start } from '../complete';
import { budgets } from './budget';
import type { InlineRequest } from './request';

/** A candidate as the model wrote it. */
export interface Candidate {
  text: string;
  /** Geometric mean of the tokens' probabilities; 1 when there are none. */
  confidence: number;
  /** False when writing was cut off before its end. */
  isWhole: boolean;
}

/** More characters of the suffix than are ever scored. */
const SUFFIX_CHARACTERS = 8000;

/**
 * What the model writes at a cursor, the best first. The first one counts for an automatic request, the others in case that it does not fit.
 *
 * @returns at least one
 * @throws signal.reason after an abort
 */
export async function writeCandidates(
  engine: ReadingEngine,
  start: Start,
  request: InlineRequest,
  signal: AbortSignal,
): Promise<Candidate[]> {
  const { trigger, extent, after, leastConfidence, mustWrite } = request;
  const { heldBack, matcher } = start;
  const budget = budgets[trigger];
  const now = performance.now();
  const suffix = Buffer.from(after.slice(0, SUFFIX_CHARACTERS), 'utf8');
  const isOpen = isAtLineEnd(suffix);
  const options = {
    heldBack,
    matcher,
    mustWrite,
    maxTokens: budget.tokens.line,
    // What stands behind the cursor in its line says nothing of which line is right.
    count: isOpen || trigger === 'explicit' ? budget.lines : 1,
    latestStart: now + budget.linesBegunWithin,
    deadline: now + budget.linesWithin,
    // What would not be offered need not be written to its end.
    hopeless: leastConfidence / 2,
    signal,
  };
  const lines = await scoredCandidates(engine, start.decoder, isOpen ? suffix : new Uint8Array(0), options);
  const candidates: Candidate[] = [];
  for (const [i, line] of lines.entries()) {
    const isLate = i > 0 && performance.now() > now + budget.blocksWithin;
    const goesOn = extent === 'block' && i < budget.blocks && line.isWhole && !isLate;
    candidates.push(goesOn && (isOpen || opensBlock(line)) ? await block(engine, line, request, signal) : single(line));
  }
  return candidates;
}

function single(line: ScoredLine): Candidate {
  return { text: wholeCharacters(line.bytes), confidence: Math.exp(meanLogProb(line)), isWhole: line.isWhole };
}

/** A line, and what the model writes behind it until the block ends. */
async function block(
  { tokenizer }: ReadingEngine,
  line: ScoredLine,
  request: InlineRequest,
  signal: AbortSignal,
): Promise<Candidate> {
  const { bytes, ids, logProb, end } = await collect(
    generate(line.decoder.fork(), {
      tokenizer,
      matcher: line.matcher?.fork(),
      maxTokens: budgets[request.trigger].tokens.block,
      stop: 'block',
      line: request.line,
      written: line.bytes,
      signal,
    }),
  );
  return {
    text: wholeCharacters(Buffer.concat([line.bytes, bytes])),
    confidence: Math.exp((line.logProb + logProb) / Math.max(1, line.tokens + ids.length)),
    isWhole: end.reason !== 'length',
  };
}

/** Whether a line ends with a bracket that the lines after it close. */
function opensBlock({ bytes }: ScoredLine): boolean {
  return /[([{]\s*$/.test(Buffer.from(bytes).toString('latin1'));
}
