import { throwIfAborted, yieldToEvents } from '../common';
import type { Decoder } from './decoder';
import { likeliest, likeliestAmong, type IdSet } from './greedy';
import { expectedFitting } from './tokenHealing';
import type { NgramMatcher } from './ngram';
import { firstNonBlank, isLineEnd } from './bytes';
import { StopRule, type CursorLine, type Stop } from './stops';
import type { Tokenizer } from './tokenizer';
import { untrained } from './untrained';

export interface GenerateOptions {
  readonly tokenizer: Tokenizer;
  readonly maxTokens: number;
  /** Where the text ends by itself; by default only at a special token or `maxTokens`. */
  readonly stop?: Stop;
  /** For stop rules: the line before the cursor. */
  readonly line?: CursorLine;
  /** For stop rules: the rest of the cursor's line, which is written already. */
  readonly written?: Uint8Array;
  /** Whether the text must not begin with the end of the line: an empty line says nothing where a statement is missing. Default false. */
  readonly mustWrite?: boolean;
  /** Token ids that are never chosen, besides the special tokens that training did not use. */
  readonly banned?: Iterable<number>;
  /**
   * Bytes the written text must start with: text before the cursor that the decoder has not seen ({@link
   * Tokenizer.heldBackLength}). They are not part of the output, and no special token is chosen before they are written.
   */
  readonly heldBack?: Uint8Array;
  /** N-gram matches in the text and in other files; advanced by the chosen tokens. */
  readonly matcher?: NgramMatcher | undefined;
  readonly signal?: AbortSignal;
}

/** One token of the generated text. */
export interface GeneratedToken {
  readonly id: number;
  /**
   * Natural log probability; while `heldBack` is being written, among the tokens that fit it. The first token includes the
   * tokens that wrote only part of `heldBack`.
   */
  readonly logProb: number;
  /** The token's bytes; the first token's without the end of `heldBack`. The last token may be cut where the text ends. */
  readonly bytes: Uint8Array;
}

/** Why generation ended. `special` tells which special token the model wrote. */
export type GenerateEnd =
  { reason: 'stop' } | { reason: 'length' } | { reason: 'special'; id: number; logProb: number };

/**
 * Lets the model write greedily. Tokens are yielded once they are certain to belong to the text (a line end only when the next line is
 * wanted too). The decoder advances with the chosen tokens, so fork it to keep its position.
 * @returns why it ended, as the generator's return value ({@link collect} gathers everything)
 * @throws signal.reason between tokens after an abort
 * @throws RangeError when all tokens that could write `heldBack` are banned
 */
export async function* generate(
  decoder: Decoder,
  options: GenerateOptions,
): AsyncGenerator<GeneratedToken, GenerateEnd, undefined> {
  const { tokenizer } = options;
  const rule = new StopRule(options.stop, options.line);
  if (options.written) rule.begin(options.written);
  const banned = new Set([...(options.banned ?? []), ...untrained(tokenizer)]);
  let held: GeneratedToken[] = [];
  let given = 0;
  let heldBack = options.heldBack ?? new Uint8Array(0);
  /** Log probability of the tokens that wrote only part of `heldBack`. */
  let heldBackLogProb = 0;

  /** Tokens now known to belong to the text. */
  const release = (): GeneratedToken[] => {
    const ready: GeneratedToken[] = [];
    while (held.length > 0 && given < rule.safe) {
      const token = held.shift()!;
      const room = rule.safe - given;
      // Only part of a token can belong to the text when the text has ended inside it, or when white space follows.
      if (token.bytes.length > room) {
        held.unshift(token);
        break;
      }
      given += token.bytes.length;
      ready.push(token);
    }
    return ready;
  };
  /** The part of a token that belongs to the text. */
  const cut = (): GeneratedToken[] => {
    const [token] = held;
    held = [];
    return token !== undefined && given < rule.safe
      ? [{ ...token, bytes: token.bytes.subarray(0, rule.safe - given) }]
      : [];
  };

  for (let count = 0; count < options.maxTokens; count++) {
    throwIfAborted(options.signal);
    const logits = options.matcher?.blend(decoder.logits) ?? decoder.logits;
    const mustWrite = options.mustWrite === true && rule.safe === 0;
    const never = mustWrite ? withLineEnds(tokenizer, heldBack.length, banned) : banned;
    const { id, logProb } =
      heldBack.length > 0
        ? likeliestAmong(fitting(tokenizer, heldBack, logits, never), logits)
        : likeliest(logits, never);
    if (tokenizer.specialName(id) !== undefined) {
      yield* cut();
      return { reason: 'special', id, logProb };
    }
    const bytes = tokenizer.tokenBytes(id).subarray(heldBack.length);
    heldBack = heldBack.subarray(tokenizer.tokenBytes(id).length);
    if (bytes.length > 0) {
      held.push({ id, logProb: heldBackLogProb + logProb, bytes });
      heldBackLogProb = 0;
    } else {
      heldBackLogProb += logProb;
    }
    const ended = rule.push(bytes);
    yield* release();
    if (ended) {
      yield* cut();
      return { reason: 'stop' };
    }
    if (count + 1 < options.maxTokens) {
      await decoder.append(Uint32Array.of(id));
      options.matcher?.push(id);
      await yieldToEvents();
    }
  }
  yield* cut();
  return { reason: 'length' };
}

/** The result of a complete generation. */
export interface Generated {
  readonly ids: Uint32Array;
  readonly bytes: Uint8Array;
  /** One per id. */
  readonly logProbs: readonly number[];
  /** Their sum. */
  readonly logProb: number;
  readonly end: GenerateEnd;
}

/** Runs a generation to its end. */
export async function collect(tokens: AsyncGenerator<GeneratedToken, GenerateEnd, undefined>): Promise<Generated> {
  const ids: number[] = [];
  const parts: Uint8Array[] = [];
  const logProbs: number[] = [];
  for (;;) {
    const next = await tokens.next();
    if (next.done === true) {
      const logProb = logProbs.reduce((sum, one) => sum + one, 0);
      return { ids: Uint32Array.from(ids), bytes: Buffer.concat(parts), logProbs, logProb, end: next.value };
    }
    ids.push(next.value.id);
    parts.push(next.value.bytes);
    logProbs.push(next.value.logProb);
  }
}

/** The tokens that a text with this beginning can start with. */
function fitting(tokenizer: Tokenizer, heldBack: Uint8Array, logits: Float32Array, banned: IdSet): Uint32Array {
  const ids = expectedFitting(tokenizer, heldBack, logits).filter((id) => !banned.has(id));
  if (ids.length === 0) throw new RangeError('every token that the text could begin with is banned');
  return ids;
}

/** The same ids, and those after which the line has ended before anything was written. @param heldBack bytes that are no part of the text */
function withLineEnds(tokenizer: Tokenizer, heldBack: number, banned: IdSet): IdSet {
  return {
    has: (id) =>
      banned.has(id) ||
      tokenizer.specialName(id) !== undefined ||
      isLineEnd(firstNonBlank(tokenizer.tokenBytes(id).subarray(heldBack))),
  };
}
