import { describe, expect, it } from 'vitest';
import { codeTerms, questionTerms, termsOf } from '../../../../../src/server/ask/text/terms';

describe('termsOf', () => {
  it('keeps identifiers whole and splits camelCase, snake_case and acronyms', () => {
    expect(termsOf('maxPoolSize')).toEqual(['maxpoolsiz', 'max', 'pool', 'size']);
    expect(termsOf('user_name2')).toEqual(['user_name2', 'user', 'name']);
    expect(termsOf('HTTPServer')).toEqual(['httpserver', 'http', 'server']);
    expect(termsOf('a + größe')).toEqual(['a', 'gross']);
  });

  it.each([
    ['connects', 'connected', 'connecting', 'connect'],
    ['address', 'addresses'],
    ['cache', 'caches', 'cached', 'caching'],
    ['stop', 'stopped', 'stopping'],
    ['entry', 'entries'],
    ['retry', 'retries', 'retried'],
    ['max', 'maximum'],
    ['directory', 'dir', 'directories'],
  ])('takes endings off: %s, %s', (...words) => {
    expect(new Set(words.flatMap((word) => termsOf(word))).size).toBe(1);
  });

  it('leaves out data', () => expect(termsOf(`key ${'a1'.repeat(80)}`)).toEqual(['key']));
});

describe('questionTerms', () => {
  it('leaves out words that say nothing, unless there are no others', () => {
    expect(questionTerms('Where is the request timeout defined?')).toEqual(['request', 'timeout']);
    expect(questionTerms('what is it?')).toEqual(['what', 'is', 'it']);
  });

  it('finds what is written like code', () => {
    expect(codeTerms("what is user_name or maxSize or HTTP or 'two words' or Plain")).toEqual([
      'two words',
      'user_name',
      'maxSize',
      'HTTP',
    ]);
  });

  it('does not take apostrophes for quotes', () => {
    expect(codeTerms("where is the user's name and the group's limit")).toEqual([]);
  });
});
