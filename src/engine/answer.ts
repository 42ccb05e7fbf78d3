import type { Decoder } from './decoder';
import { collect, generate, type Generated, type GenerateOptions } from './generate';
import { logSumExp } from './logProbs';
import type { Tokenizer } from './tokenizer';

/** From this probability on `<|none|>` is believed whatever else could be said. */
const NONE_IS_MEANT = 0.95;

/**
 * Probability that each token of another answer needs, if there is one at all, to be said instead. Values that were read have 0.66 and
 * more in the least sure of their tokens, what the model makes up for names that stand nowhere 0.15 and less (EXPERIMENTS.md, 12).
 */
const SURE = 0.5;

/** A question in the form of training: behind it the model writes what the text says, or `<|none|>`. */
export function questionPrompt(tokenizer: Tokenizer, question: string): Uint32Array {
  const asked = tokenizer.encode(Buffer.from(question, 'utf8'));
  return Uint32Array.of(tokenizer.special('<|question|>'), ...asked, tokenizer.special('<|answer|>'));
}

/**
 * Lets the model answer. Where `<|none|>` is the likeliest but not nearly certain, the model is asked what it would say otherwise: of a
 * value that it remembers it is sure token by token, and only doubts that this is what was asked for.
 *
 * @param decoder behind a {@link questionPrompt}; not to be used any more
 * @returns what was written; nothing, and `<|none|>` as the end, where there is no answer. `logProb` counts the doubt
 * @throws as {@link generate}
 */
export async function answerQuestion(decoder: Decoder, options: GenerateOptions): Promise<Generated> {
  const { logits } = decoder;
  const none = options.tokenizer.special('<|none|>');
  const doubt = Math.exp(logits[none]! - logSumExp(logits));
  const isLikeliest = logits.every((logit) => logit <= logits[none]!);
  if (isLikeliest && doubt < NONE_IS_MEANT) {
    const otherwise = { ...options, banned: [...(options.banned ?? []), none] };
    const other = await collect(generate(decoder.fork(), otherwise));
    const [first = -Infinity, ...rest] = other.logProbs;
    if (Math.min(first - Math.log(1 - doubt), ...rest) >= Math.log(SURE)) return other;
  }
  return collect(generate(decoder, options));
}
