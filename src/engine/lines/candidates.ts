import { throwIfAborted, yieldToEvents } from '../../common';
import { firstNonBlank, isBlank, isLineEnd } from '../bytes';
import type { Decoder } from '../decoder';
import { logSumExp } from '../logProbs';
import type { NgramMatcher } from '../ngram';
import type { Tokenizer } from '../tokenizer';
import { LineChoices, type Choice } from './choices';

/** One candidate for the rest of a line. */
export interface LineCandidate {
  /** Without the line end and blanks before it, and without `heldBack`. */
  readonly bytes: Uint8Array;
  /** In the text alone. */
  readonly tokens: number;
  /** Natural log probability of the text and its line end, over all ways to reach it. */
  readonly logProb: number;
  /** Whether the line reached its end; otherwise tokens or time ran out. */
  readonly isWhole: boolean;
  /** Both stand behind the text, before the line end. */
  readonly decoder: Decoder;
  readonly matcher: NgramMatcher | undefined;
}

export interface CandidatesOptions {
  readonly tokenizer: Tokenizer;
  /** As in `generate`: text before the cursor that the decoder has not seen. */
  readonly heldBack: Uint8Array;
  /** Is not advanced. */
  readonly matcher: NgramMatcher | undefined;
  /** Per line. */
  readonly maxTokens: number;
  /** Maximum number of complete lines, at least 1; duplicates count. */
  readonly count: number;
  /** Lines beside the first one are given up then: as of `performance.now()`. Default: no limit. */
  readonly deadline?: number;
  /** No new line is started after this time (`performance.now()`). Default: no limit. */
  readonly latestStart?: number;
  /** The first line is abandoned when the geometric mean of its tokens' probabilities falls below this. Default 0. */
  readonly hopeless?: number;
  /** Whether a line must have text: an empty one says nothing where a statement is missing. Default false. */
  readonly mustWrite?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Created once per tokenizer. */
const choicesOf = new WeakMap<Tokenizer, LineChoices>();

/** A line that is this much less likely than the best one (natural log) is not worth writing. */
const SPREAD = 5;

/** Tokens after which it is clear whether the model is unsure. */
const MIN_TRIAL_TOKENS = 5;

/** A partial line. */
interface Path {
  readonly decoder: Decoder;
  readonly matcher: NgramMatcher | undefined;
  readonly heldBack: Uint8Array;
  readonly parts: readonly Uint8Array[];
  readonly tokens: number;
  readonly logProb: number;
  readonly isAtEnd: boolean;
}

/** A choice that was not taken; `logProb` is that of the line up to and including it. */
interface Branch {
  readonly from: Path;
  readonly choice: Choice;
  readonly logProb: number;
}

/**
 * Writes candidate lines: the greedy one first, then repeatedly from the likeliest choice not yet taken. The decoder is not moved.
 *
 * @returns distinct lines, the greedy one first (which alone may be unfinished); at least one
 * @throws signal.reason between tokens after an abort
 */
export async function candidateLines(decoder: Decoder, options: CandidatesOptions): Promise<LineCandidate[]> {
  const { tokenizer, count, deadline = Infinity, latestStart = deadline, heldBack, matcher } = options;
  const writer = new LineWriter(tokenizer, options);
  const start = { decoder, matcher, heldBack, parts: [], tokens: 0, logProb: 0, isAtEnd: false };
  const first = await writer.follow(forked(start));
  // An unfinished line cannot be compared with complete ones.
  if (!first.isWhole) return [first];
  const found = [first];
  for (let written = 1; written < count && performance.now() < latestStart; written++) {
    const branch = writer.nextBranch();
    const best = Math.max(...found.map(({ logProb }) => logProb));
    if (branch === undefined || branch.logProb < best - SPREAD) break;
    const line = await writer.follow(await writer.enter(branch), deadline);
    if (line.isWhole) found.push(line);
  }
  return distinct(found);
}

/**
 * Whether what was written is too unlikely to continue.
 *
 * @param least geometric mean of the tokens' probabilities
 */
export function isHopeless({ tokens, logProb }: { tokens: number; logProb: number }, least: number): boolean {
  return tokens >= MIN_TRIAL_TOKENS && Math.exp(logProb / tokens) < least;
}

/** Follows paths to the end of the line and keeps the branches. */
class LineWriter {
  private readonly choices: LineChoices;
  /** Likeliest first. */
  private readonly open: Branch[] = [];

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: CandidatesOptions,
  ) {
    this.choices = choicesOf.get(tokenizer) ?? new LineChoices(tokenizer);
    choicesOf.set(tokenizer, this.choices);
  }

  /** The likeliest partial line that was not continued. */
  nextBranch(): Branch | undefined {
    return this.open.shift();
  }

  enter({ from, choice, logProb }: Branch): Promise<Path> {
    return this.moved(forked(from), choice, logProb);
  }

  async follow(path: Path, deadline = Infinity): Promise<LineCandidate> {
    const { maxTokens, hopeless = 0, mustWrite = false, signal } = this.options;
    while (!path.isAtEnd && path.tokens < maxTokens && performance.now() < deadline) {
      throwIfAborted(signal);
      if (isHopeless(path, hopeless)) break;
      const { decoder, matcher, heldBack } = path;
      const logits = matcher?.blend(decoder.logits) ?? decoder.logits;
      const [best, ...others] = this.choices.among(logits, heldBack, !mustWrite || hasText(path));
      if (best === undefined) break;
      if (this.options.count > 1 && others.length > 0) {
        const from = forked(path);
        this.keep(others.map((choice) => ({ from, choice, logProb: path.logProb + choice.logProb })));
      }
      path = await this.moved(path, best, path.logProb + best.logProb);
      await yieldToEvents();
    }
    return asLine(path);
  }

  /** No more branches than may be taken: each holds a decoder of several megabytes. */
  private keep(branches: readonly Branch[]): void {
    this.open.push(...branches);
    this.open.sort((a, b) => b.logProb - a.logProb);
    this.open.length = Math.min(this.open.length, this.options.count - 1);
  }

  /** Advances the decoder by a token; the end of the line is not written. */
  private async moved(path: Path, { id }: Choice, logProb: number): Promise<Path> {
    if (id === undefined) return { ...path, logProb, isAtEnd: true };
    const { decoder, matcher, heldBack } = path;
    const whole = this.tokenizer.tokenBytes(id);
    const written = whole.subarray(heldBack.length);
    const end = written.findIndex(isLineEnd);
    const parts = [...path.parts, end < 0 ? written : written.subarray(0, end)];
    const isAtEnd = end >= 0;
    if (!isAtEnd) {
      await decoder.append(Uint32Array.of(id));
      matcher?.push(id);
    }
    return {
      decoder,
      matcher,
      heldBack: heldBack.subarray(whole.length),
      parts,
      tokens: path.tokens + 1,
      logProb,
      isAtEnd,
    };
  }
}

/** A copy that can be continued independently. */
function forked(path: Path): Path {
  return { ...path, decoder: path.decoder.fork(), matcher: path.matcher?.fork() };
}

function hasText({ parts }: Path): boolean {
  return parts.some((part) => firstNonBlank(part) !== undefined);
}

function asLine({ parts, tokens, logProb, isAtEnd, decoder, matcher }: Path): LineCandidate {
  const bytes = Buffer.concat(parts);
  let end = bytes.length;
  while (end > 0 && isBlank(bytes[end - 1])) end--;
  return { bytes: bytes.subarray(0, end), tokens, logProb, isWhole: isAtEnd, decoder, matcher };
}

/** Merges equal lines into one at the position of the first, with their summed probability. */
function distinct(lines: readonly LineCandidate[]): LineCandidate[] {
  const byText = new Map<string, LineCandidate>();
  for (const line of lines) {
    const key = Buffer.from(line.bytes).toString('latin1');
    const known = byText.get(key);
    byText.set(key, known ? { ...known, logProb: logSumExp(Float32Array.of(known.logProb, line.logProb)) } : line);
  }
  return [...byText.values()];
}
