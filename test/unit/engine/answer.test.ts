import { describe, expect, it } from 'vitest';
import { answerQuestion, questionPrompt, type Decoder } from '../../../src/engine';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();
const { tokenizer } = engine;
const none = tokenizer.special('<|none|>');
const values = ['7', '8', '9'].map((text) => tokenizer.encode(Buffer.from(text))[0]!);
const value = values[0]!;

/** A decoder behind a question: what it thinks of there being no answer, and, if there is one, of three values. */
async function thinking(nothing: number, ofValue: number): Promise<Decoder> {
  const decoder = await engine.decoder(engine.initialState(), questionPrompt(tokenizer, 'What is port?'));
  decoder.logits.fill(-50);
  decoder.logits[none] = Math.log(nothing);
  const shares = [ofValue, 0.6 * (1 - ofValue), 0.4 * (1 - ofValue)];
  for (const [i, id] of values.entries()) decoder.logits[id] = Math.log((1 - nothing) * shares[i]!);
  return decoder;
}

const options = { tokenizer, maxTokens: 1 };

describe('an answer', () => {
  it('is asked for in the form of training', () => {
    const names = Array.from(questionPrompt(tokenizer, 'a?'), (id) => tokenizer.specialName(id));
    expect([names[0], names.at(-1)]).toEqual(['<|question|>', '<|answer|>']);
    expect(names.slice(1, -1).every((name) => name === undefined)).toBe(true);
    expect(questionPrompt(tokenizer, '')).toHaveLength(2);
  });

  it.each([
    ['nearly certain', 0.97, 0.99],
    ['likeliest, and what else could be said is a guess', 0.6, 0.45],
  ])('is that there is none where that is %s', async (_, nothing, ofValue) => {
    const { ids, end } = await answerQuestion(await thinking(nothing, ofValue), options);
    expect(ids).toHaveLength(0);
    expect(end).toMatchObject({ reason: 'special', id: none });
  });

  it.each([
    ['it is the likeliest', 0.3, 0.99],
    ['the model only doubts that it is asked for', 0.9, 0.7],
  ])('is the value where %s', async (_, nothing, ofValue) => {
    const { ids, logProb } = await answerQuestion(await thinking(nothing, ofValue), options);
    expect([...ids]).toEqual([value]);
    // As unsure as it is.
    expect(logProb).toBeCloseTo(Math.log((1 - nothing) * ofValue), 3);
  });

  it('is none where only the first token is sure: a value is known to its end', async () => {
    // The second token comes from the tiny model, whose weights are random.
    const { ids, end } = await answerQuestion(await thinking(0.6, 0.99), { tokenizer, maxTokens: 2 });
    expect(ids).toHaveLength(0);
    expect(end).toMatchObject({ id: none });
  });

  it('never is what is banned', async () => {
    const { ids } = await answerQuestion(await thinking(0.6, 0.5), { ...options, banned: [value] });
    expect([...ids]).not.toContain(value);
  });

  it('is cancelled between tokens', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(answerQuestion(await thinking(0.6, 0.99), { ...options, signal })).rejects.toBe(reason);
  });
});
