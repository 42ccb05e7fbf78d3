import { describe, expect, it } from 'vitest';
import {
  answerQuestion,
  toTrainedWording,
  appendQuestion,
  questionPrompt,
  type QuestionDecoders,
} from '../../../src/engine';
import { fileEngine } from '../../support/tinyModel';

const engine = await fileEngine();
const { tokenizer } = engine;
const none = tokenizer.special('<|none|>');
const values = ['5', '6', '7', '8', '9'].map((text) => tokenizer.encode(Buffer.from(text))[0]!);
const value = values[0]!;

/**
 * Decoders after a question with given probabilities of there being no answer (full and focused memory), and otherwise of the first of
 * five values.
 */
async function thinking(
  nothing: number,
  ofValue: number,
  nothingNear = nothing,
  ofValueNear = ofValue,
): Promise<QuestionDecoders> {
  const suffix = await engine.decoder(engine.initialState(), tokenizer.encode(Buffer.from('port = 7;')));
  const { full, focused } = await appendQuestion(suffix, tokenizer, 'What is port?');
  const near = await focused();
  for (const [decoder, doubt, share] of [
    [full, nothing, ofValue] as const,
    [near, nothingNear, ofValueNear] as const,
  ]) {
    decoder.logits.fill(-50);
    decoder.logits[none] = Math.log(doubt);
    for (const [i, id] of values.entries()) {
      decoder.logits[id] = Math.log((1 - doubt) * (i === 0 ? share : (1 - share) / (values.length - 1)));
    }
  }
  return { full, focused: () => Promise.resolve(near) };
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
    ['likeliest, and what else could be said is a guess', 0.6, 0.28],
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
    // Includes the doubt.
    expect(logProb).toBeCloseTo(Math.log((1 - nothing) * ofValue), 3);
  });

  it('is none where only the first token is sure: a value is known to its end', async () => {
    // The second token comes from the tiny model, whose weights are random.
    const { ids, end } = await answerQuestion(await thinking(0.6, 0.99), { tokenizer, maxTokens: 2 });
    expect(ids).toHaveLength(0);
    expect(end).toMatchObject({ id: none });
  });

  it('is there or not as everything that is remembered says, and is what is near the question', async () => {
    const known = await answerQuestion(await thinking(0.3, 0.99, 0.9), options);
    expect([...known.ids]).toEqual([value]);
    const unknown = await answerQuestion(await thinking(0.97, 0.99, 0.1), options);
    expect(unknown.end).toMatchObject({ id: none });
  });

  it('is the surer one where what is near the question does not tell', async () => {
    const near = await thinking(0.3, 0.02, 0.3, 0.98);
    expect([...(await answerQuestion(near, options)).ids]).toEqual([value]);
    const far = await thinking(0.3, 0.98, 0.3, 0.02);
    expect([...(await answerQuestion(far, options)).ids]).toEqual([value]);
  });

  it('is asked for after a text that stays where it is', async () => {
    const text = tokenizer.encode(Buffer.from('port = 7;'));
    const decoder = await engine.decoder(engine.initialState(), text);
    const { position } = decoder;
    const { full, focused } = await appendQuestion(decoder, tokenizer, 'What is port?');
    expect(decoder.position).toBe(position);
    const prompt = questionPrompt(tokenizer, 'What is port?');
    expect([full.position, (await focused()).position]).toEqual([position + prompt.length, position + prompt.length]);
  });

  it.each([
    ['Which value was given to MAX_RETRIES?', 'What is MAX_RETRIES?'],
    ['Please tell me what `retryLimit` is set to.', 'What is retryLimit?'],
    ['How much is Ports.HTTP?', 'What is Ports.HTTP?'],
    ['value of http2', 'What is http2?'],
    // About something other than the value, about several names, or about none that is clearly a name.
    ['Who calls retryLimit?', 'Who calls retryLimit?'],
    ['Is MAX_RETRIES larger than MIN_RETRIES?', 'Is MAX_RETRIES larger than MIN_RETRIES?'],
    ['What is retryLimit or MAX_RETRIES?', 'What is retryLimit or MAX_RETRIES?'],
    ['What is the default timeout?', 'What is the default timeout?'],
    ['What is port?', 'What is port?'],
    ['', ''],
  ])('to “%s” is asked for as “%s”', (question, trained) => {
    expect(toTrainedWording(question)).toBe(trained);
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
