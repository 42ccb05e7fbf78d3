import type { AppendOptions, Decoder } from './decoder';
import { collect, generate, type Generated, type GenerateOptions } from './generate';
import { logSumExp } from './logProbs';
import type { Tokenizer } from './tokenizer';

/** From this probability on `<|none|>` is believed whatever else could be said. */
const NONE_THRESHOLD = 0.95;

/**
 * Probabilities that another answer needs, if there is one at all, to be said instead: its first token, and each one after it. Values that
 * were read have .34 and .66 and more, what the model makes up for names that stand nowhere .15 and less (models/training/EXPERIMENTS.md, 12 and 13).
 */
const FIRST_TOKEN_THRESHOLD = 0.3;
const OTHER_TOKENS_THRESHOLD = 0.5;

/** A value of which every token has this is not asked for a second time. */
const CERTAIN = 0.9;

/** All that a question about a value may say besides the name. */
const plain = new Set(
  (
    'a an and are constant current default do does equal equals for function give given has have how is it its me much many of please ' +
    'set show signature tell the to value was what which'
  ).split(' '),
);

/** A name that can only be code: an underscore, a dot, a digit, or a capital after a small letter in it; or several capitals. */
const codeName = /^[\p{L}_$][\w$]*(?:\.[\w$]+)*$/u;
const isCodeName = (word: string): boolean =>
  codeName.test(word) && /[_$.\d]|\p{Ll}\p{Lu}|^\p{Lu}{2,}$/u.test(word.replace(/^[_$]+/, ''));

/**
 * A question for the value of one name, in the words that training used most; any other question as it is. Training has few wordings, and
 * the model is less sure with each that it never saw.
 */
export function toTrainedWording(question: string): string {
  const words = question.match(/[\p{L}\p{N}_$.]*[\p{L}\p{N}_$]/gu) ?? [];
  const names = words.filter(isCodeName);
  const isPlain = words.every((word) => names.includes(word) || plain.has(word.toLowerCase()));
  return names.length === 1 && isPlain ? `What is ${names[0]!}?` : question;
}

/** A question in the form of training: after it the model writes what the text says, or `<|none|>`. */
export function questionPrompt(tokenizer: Tokenizer, question: string): Uint32Array {
  const asked = tokenizer.encode(Buffer.from(toTrainedWording(question), 'utf8'));
  return Uint32Array.of(tokenizer.special('<|question|>'), ...asked, tokenizer.special('<|answer|>'));
}

/** Decoders after the same question. */
export interface QuestionDecoders {
  /** Remembers everything: it knows whether there is an answer. */
  readonly full: Decoder;
  /** One that remembers what the question looked at, and what follows that: nothing else can be mistaken for the answer. Made when there may be one. */
  readonly focused: () => Promise<Decoder>;
}

/**
 * Puts a question to the model.
 *
 * @param decoder after the text; it stays where it is, and must until there is an answer
 * @param options.attention as in {@link Decoder.append}, of `full`
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
 * Lets the model answer. Where `<|none|>` is the likeliest but not nearly certain, the model is asked what it would say otherwise: of a
 * value that it remembers it is sure token by token, and only doubts that this is what was asked for. The value comes from what is near the
 * question; where that is unsure, everything that is remembered is asked too, and the surer value counts.
 *
 * @param decoders not to be used any more
 * @returns what was written; nothing, and `<|none|>` as the end, where there is no answer. `logProb` counts the doubt
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

/** A value, as if there must be one, and how sure the first of its tokens and the least sure of the others are: natural log, that there is one being certain. */
async function valueFrom(
  decoder: Decoder,
  none: number,
  options: GenerateOptions,
): Promise<{ written: Generated; first: number; rest: number }> {
  // Short of certainty, where nothing could be said of the value.
  const doubt = Math.min(probability(decoder, none), 1 - 1e-9);
  const written = await collect(generate(decoder, { ...options, banned: [...(options.banned ?? []), none] }));
  const [first = -Infinity, ...rest] = written.logProbs;
  return { written, first: first - Math.log1p(-doubt), rest: Math.min(0, ...rest) };
}

function probability({ logits }: Decoder, id: number): number {
  return Math.exp(logits[id]! - logSumExp(logits));
}
