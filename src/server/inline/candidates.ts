import { generate, isHopeless, type ReadingEngine, type Stop, type ScoredLine } from '../../engine';
import { scoredCandidates, isAtLineEnd, meanLogProb, type Start } from '../complete';
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

/** Lines other than the best one must have at least this probability among the candidates. */
const MIN_SHARE = 0.05;

/** When to stop writing, besides the text's own end. */
interface Limits {
  maxTokens: number;
  /** Confidence below which nothing useful follows. */
  hopeless: number;
  /** As in `performance.now()`. */
  deadline: number;
  signal: AbortSignal;
}

/**
 * What the model writes at a cursor, best first: several only for an explicit request, where the user can choose.
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
  const { trigger, extent, after, leastConfidence } = request;
  const budget = budgets[trigger];
  const now = performance.now();
  const limits: Limits = {
    maxTokens: budget.tokens[extent],
    // What would not be offered need not be finished.
    hopeless: leastConfidence / 2,
    deadline: now + budget.milliseconds,
    signal,
  };
  const suffix = Buffer.from(after.slice(0, SUFFIX_CHARACTERS), 'utf8');
  const isAutomatic = trigger === 'automatic';
  const scoresLines = isAtLineEnd(suffix) && !(isAutomatic && extent === 'block');
  const lines: Candidate[] = [];
  if (scoresLines) {
    const { heldBack, matcher } = start;
    const options = { heldBack, matcher, count: budget.lines, latestStart: now + budget.linesWithin, ...limits };
    const scored = await scoredCandidates(engine, start.decoder, suffix, options);
    lines.push(...scored.filter(({ share }) => share >= MIN_SHARE).map(lineCandidate));
    if (isAutomatic) return lines.slice(0, 1);
  }
  return [await writeGreedily(engine, start, extent, request.indent, limits), ...lines];
}

/** Lets the model write until its end mark, the stop rule, or the deadline. */
async function writeGreedily(
  { tokenizer }: ReadingEngine,
  { decoder, heldBack, matcher }: Start,
  stop: Stop,
  indent: number,
  { maxTokens, hopeless, deadline, signal }: Limits,
): Promise<Candidate> {
  const parts: Uint8Array[] = [];
  let logProb = 0;
  let isWhole = true;
  for await (const token of generate(decoder, { tokenizer, heldBack, matcher, maxTokens, stop, indent, signal })) {
    parts.push(token.bytes);
    logProb += token.logProb;
    isWhole = !isHopeless({ tokens: parts.length, logProb }, hopeless) && performance.now() <= deadline;
    if (!isWhole) break;
  }
  const confidence = parts.length === 0 ? 1 : Math.exp(logProb / parts.length);
  return { text: wholeCharacters(Buffer.concat(parts)), confidence, isWhole };
}

function lineCandidate(line: ScoredLine): Candidate {
  return { text: wholeCharacters(line.bytes), confidence: Math.exp(meanLogProb(line)), isWhole: line.isWhole };
}

/** Text, without an incomplete character at its end. */
function wholeCharacters(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}
