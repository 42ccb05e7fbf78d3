import { describe, expect, it } from 'vitest';
import { Question } from '../../../../../src/server/ask/text/question';

describe('Question.describes', () => {
  it.each(['parse a header of the request', 'Cached local version of the file.', 'which function formats the usage?'])(
    'holds for "%s"',
    (text) => expect(new Question(text).describes).toBe(true),
  );

  it.each([
    // Named, and therefore found by that name.
    'the limit that `maxRetries` gives to a client of ours',
    // Asks for uses, whatever the thing does.
    'show everything that calls formatUsage in the tests here',
    'limit of a client',
  ])('does not hold for "%s"', (text) => expect(new Question(text).describes).toBe(false));
});
