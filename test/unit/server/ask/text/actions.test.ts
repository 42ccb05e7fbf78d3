import { describe, expect, it } from 'vitest';
import { isStatement, saysWhatItDoes } from '../../../../../src/server/ask/text/actions';

describe('saysWhatItDoes', () => {
  it.each([
    'Returns the name of the first entry.',
    'matches a token against the list',
    'applies all edits at once',
    'parse a header of the request',
    'NewReader returns a reader for a file',
    'who validates the token?',
    'what invalidates the cache',
    'which function formats the usage line?',
    'how is the cache invalidated?',
    'where do we retry a request',
  ])('holds for "%s"', (question) => expect(saysWhatItDoes(question)).toBe(true));

  it.each([
    '',
    'retry',
    'maxRetries default value',
    'what is the retry limit?',
    'where is the retry limit set?',
    'how many times is a request retried?',
    'default maximum buffer length',
    'is low latency mode on by default?',
    'map of names to numbers',
    'logs of the server',
    'this class of errors',
    'options for the server',
  ])('does not hold for "%s"', (question) => expect(saysWhatItDoes(question)).toBe(false));
});

describe('isStatement', () => {
  it.each([
    'Given a message, publish to this topic.',
    'Cached local version of the file.',
    'a message from the provided stream, if possible.',
  ])('holds for "%s"', (text) => expect(isStatement(text)).toBe(true));

  it.each([
    '',
    'default maximum buffer length',
    'the retry limit of the client?',
    'where is the retry limit of requests set',
    'is low latency mode on by default',
    'why does the client wait before it connects again',
  ])('does not hold for "%s"', (text) => expect(isStatement(text)).toBe(false));
});
