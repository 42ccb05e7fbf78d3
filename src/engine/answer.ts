import type { AppendOptions, Decoder } from './decoder';
import { collect, generate, type Generated, type GenerateOptions } from './generate';
import { logSumExp } from './logProbs';
import type { Tokenizer } from './tokenizer';

/** From this probability on, `<|none|>` is taken as the answer, whatever else is likely. */
const NONE_THRESHOLD = 0.95;

/**
 * Minimum probabilities for an answer other than `<|none|>`: of its first token, and of each later one. Values the model has read score .34
 * and .66 or more; values it makes up for unknown names, .15 or less (models/training/EXPERIMENTS.md, 12 and 13).
 */
const FIRST_TOKEN_THRESHOLD = 0.3;
const OTHER_TOKENS_THRESHOLD = 0.5;

/** When every token of a value is at least this probable, the value is not requested a second time. */
const CERTAIN = 0.9;

/** The words a question about a value may contain besides the name. */
const plain = new Set(
  (
    'a an and are constant current default do does equal equals for function give given has have how is it its me much many of please ' +
    'set show signature tell the to value was what which'
  ).split(' '),
);

/**
 * A name that can only be code: it has an underscore, a dot, a digit, a capital after a lower-case letter, or several capitals.
 */
const codeName = /^[\p{L}_$][\w$]*(?:\.[\w$]+)*$/u;
const isCodeName = (word: string): boolean =>
  codeName.test(word) && /[_$.\d]|\p{Ll}\p{Lu}|^\p{Lu}{2,}$/u.test(word.replace(/^[_$]+/, ''));

/**
 * Rewrites a question about the value of one name in the wording most common in training; leaves any other question as it is. Training
 * has few wordings, and unfamiliar ones make the model less sure.
 */
export function toTrainedWording(question: string): string {
  const words = question.match(/[\p{L}\p{N}_$.]*[\p{L}\p{N}_$]/gu) ?? [];
  const names = words.filter(isCodeName);
  const isPlain = words.every((word) => names.includes(word) || plain.has(word.toLowerCase()));
  return names.length === 1 && isPlain ? `What is ${names[0]!}?` : question;
}

/** A question in the format of training. After it the model writes what the text says, or `<|none|>`. */
export function questionPrompt(tokenizer: Tokenizer, question: string): Uint32Array {
  const asked = tokenizer.encode(Buffer.from(toTrainedWording(question), 'utf8'));
  return Uint32Array.of(tokenizer.special('<|question|>'), ...asked, tokenizer.special('<|answer|>'));
}

/** Decoders positioned after the same question. */
export interface QuestionDecoders {
  /** Has the full memory: it knows whether there is an answer. */
  readonly full: Decoder;
  /**
   * Has only the notes the question attended to and what follows them, so nothing else can be mistaken for the answer. Created on demand.
   */
  readonly focused: () => Promise<Decoder>;
}

/**
 * Puts a question to the model.
 *
 * @param decoder positioned after the text; it is not moved, and must not be until there is an answer
 * @param options.attention as in {@link Decoder.append}, for `full`
 */
export async function appendQuestion(
  decoder: Decoder,
  tokenizer: Tokenizer,
  question: string,
  options: Pick<AppendOptions, 'attention'> = {},
): Promise<QuestionDecoders> {
  const prompt = questionPrompt(tokenizer, question);
  const full = decoder.fork();
  await full.append(prompt, options);
  const focused = async (): Promise<Decoder> => {
    const fork = decoder.fork();
    await fork.append(prompt, { focused: true });
    return fork;
  };
  return { full, focused };
}

/**
 * Lets the model answer. Where `<|none|>` is most likely but not nearly certain, the model is asked what it would answer otherwise: with a
 * value it remembers, it is sure of each token and only doubts that this is what was asked. The value comes from the focused memory; where
 * that is unsure, the full memory is tried too, and the more certain value wins.
 *
 * @param decoders not to be used afterwards
 * @returns what was written; empty, ending with `<|none|>`, where there is no answer. `logProb` includes the doubt
 * @throws as {@link generate}
 */
export async function answerQuestion(
  { full, focused }: QuestionDecoders,
  options: GenerateOptions,
): Promise<Generated> {
  const none = options.tokenizer.special('<|none|>');
  const nothing = full.logits[none]!;
  const isNone = full.logits.every((logit) => logit <= nothing);
  if (isNone && probability(full, none) >= NONE_THRESHOLD) return collect(generate(full, options));
  let value = await valueFrom(await focused(), none, options);
  if (Math.min(value.first, value.rest) < Math.log(CERTAIN)) {
    const other = await valueFrom(full.fork(), none, options);
    if (Math.min(other.first, other.rest) > Math.min(value.first, value.rest)) value = other;
  }
  const isSure = value.first >= Math.log(FIRST_TOKEN_THRESHOLD) && value.rest >= Math.log(OTHER_TOKENS_THRESHOLD);
  return !isNone || isSure ? value.written : collect(generate(full, options));
}

/** A value, assuming there is one, with the log probability of its first token and the lowest one among the others. */
async function valueFrom(
  decoder: Decoder,
  none: number,
  options: GenerateOptions,
): Promise<{ written: Generated; first: number; rest: number }> {
  // Not certain, and no value is an alternative.
  const doubt = Math.min(probability(decoder, none), 1 - 1e-9);
  const written = await collect(generate(decoder, { ...options, banned: [...(options.banned ?? []), none] }));
  const [first = -Infinity, ...rest] = written.logProbs;
  return { written, first: first - Math.log1p(-doubt), rest: Math.min(0, ...rest) };
}

function probability({ logits }: Decoder, id: number): number {
  return Math.exp(logits[id]! - logSumExp(logits));
}
