import {
  answerQuestion,
  archiveBytes,
  collect,
  generate,
  appendQuestion,
  type Decoder,
  type Engine,
  type GenerateEnd,
  type ModelState,
  type Tokenizer,
} from '../src/engine';
import { logSumExp } from '../src/engine/logProbs';

/** The state without any notes: pools and archives empty, recent tokens and recurrent state unchanged. */
export function withoutNotes(engine: Engine, state: ModelState): ModelState {
  const { pools, archives } = engine.initialState();
  return { ...state, pools, archives };
}

/** Total size of a state in bytes. */
export function stateBytes(state: ModelState): number {
  const rows = [...state.pools, ...state.recent].flatMap(({ tokens, scores, key, value, bias }) => [
    tokens,
    scores,
    key,
    value,
    bias,
  ]);
  const arrays = [...state.conv, ...state.ssm, ...state.shift, ...state.pools.map((p) => p.positions), ...rows];
  const archived = state.archives.reduce((sum, archive) => sum + archiveBytes(archive), 0);
  return arrays.reduce((sum, array) => sum + array.byteLength, archived);
}

export interface ReadTimes {
  /** Milliseconds per block, in order. */
  blocks: number[];
}

/**
 * Reads the complete blocks of `ids`.
 * @param notes false = the pools are emptied before each block
 * @returns the state after the last complete block; the rest of `ids` is the tail for `engine.decoder`
 */
export async function readBlocks(
  engine: Engine,
  state: ModelState,
  ids: Uint32Array,
  options: { notes?: boolean; times?: ReadTimes; signal?: AbortSignal | undefined } = {},
): Promise<{ state: ModelState; tail: Uint32Array }> {
  const { blockSize } = engine.config;
  let at = 0;
  for (; at + blockSize <= ids.length; at += blockSize) {
    options.signal?.throwIfAborted();
    const before = options.notes === false ? withoutNotes(engine, state) : state;
    const started = performance.now();
    state = await engine.readBlock(before, ids.subarray(at, at + blockSize));
    options.times?.blocks.push(performance.now() - started);
  }
  return { state: options.notes === false ? withoutNotes(engine, state) : state, tail: ids.subarray(at) };
}

/** What a model wrote greedily. */
export interface Written {
  text: string;
  end: GenerateEnd;
  logProb: number;
}

/**
 * Lets the model continue after `prompt`, greedily. An unfinished word at its end is held back first, as in the editor, so that
 * the model does not see half a token.
 */
export async function continuePrompt(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: Buffer,
  maxTokens: number,
): Promise<Written> {
  const fork = decoder.fork();
  let shown = prompt.length - tokenizer.heldBackLength(prompt);
  // At a block boundary nothing has been run yet, and a decoder needs a token.
  if (shown === 0 && !fork.hasLogits) shown = prompt.length;
  const heldBack = prompt.subarray(shown);
  await fork.append(tokenizer.encode(prompt.subarray(0, shown)), { heldBack: tokenizer.encode(heldBack) });
  const written = await collect(generate(fork, { tokenizer, maxTokens: maxTokens + heldBack.length, heldBack }));
  return { text: Buffer.from(written.bytes).toString('utf8'), end: written.end, logProb: written.logProb };
}

/**
 * The model's surprise at `text` after `prompt`, in nats: 0 when it was certain. An unfinished word at the end of the prompt counts as
 * part of the text, since it is written again.
 */
export async function promptSurprise(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompt: Buffer,
  text: string,
): Promise<number> {
  const fork = decoder.fork();
  const whole = Buffer.concat([prompt, Buffer.from(text, 'utf8')]);
  const ids = tokenizer.encode(whole);
  let shown = tokenizer.encode(prompt.subarray(0, prompt.length - tokenizer.heldBackLength(prompt))).length;
  if (shown === 0 && !fork.hasLogits) shown = 1;
  await fork.append(ids.subarray(0, shown));
  let nats = 0;
  for (const [i, id] of ids.subarray(shown).entries()) {
    nats += logSumExp(fork.logits) - fork.logits[id]!;
    if (shown + i + 1 < ids.length) await fork.append(Uint32Array.of(id));
  }
  return nats;
}

/** Puts a question to the model, in the format of training: `<|question|> ... <|answer|>`. */
export async function askAfter(
  decoder: Decoder,
  tokenizer: Tokenizer,
  question: string,
  maxTokens: number,
): Promise<Written> {
  const asked = await appendQuestion(decoder, tokenizer, question);
  const written = await answerQuestion(asked, { tokenizer, maxTokens, stop: 'line' });
  return { text: Buffer.from(written.bytes).toString('utf8'), end: written.end, logProb: written.logProb };
}
