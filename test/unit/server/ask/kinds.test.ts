import { describe, expect, it } from 'vitest';
import { askIndex, SpanIndex, type Answer, type AskOptions } from '../../../../src/server/ask';

/** A small project in several languages. */
const files: Record<string, string> = {
  'router/chi/middleware/throttle.go': `package middleware

// Throttle limits the number of requests that are handled at the same time.
func Throttle(limit int) func(http.Handler) http.Handler {
	return ThrottleBacklog(limit, 0, defaultBacklogTimeout)
}
`,
  'router/chi/middleware/compress.go': `package middleware

// Compress compresses the response body of given content types at a given level.
func Compress(level int, types ...string) func(next http.Handler) http.Handler {
	compressor := NewCompressor(level, types...)
	return compressor.Handler
}
`,
  'router/chi/middleware/logger.go': `package middleware

// RequestLogger writes a line for every request that was handled.
func RequestLogger(f LogFormatter) func(next http.Handler) http.Handler {
	return f.NewLogEntry
}
`,
  'server/schema.js': `const schema = {
  pluginTimeout: { type: 'integer', default: undefined },
  bodyLimit: { type: 'integer' },
  maxRetries: { type: 'integer' },
  pluginTimeoutError: { type: 'string' }
}
function validate (options) {
  return check(options.pluginTimeout, options.bodyLimit, options.maxRetries)
}
`,
  'server/options.js': `const defaults = {
  connectionTimeout: 0,
  pluginTimeout: 10000,
  bodyLimit: 1024 * 1024,
  maxRetries: 3
}
`,
  'server/errors.js': `const codes = {
  FST_ERR_REP_ALREADY_SENT: createError('FST_ERR_REP_ALREADY_SENT', 'Reply was already sent.'),
  FST_ERR_REP_SENT_VALUE: createError('FST_ERR_REP_SENT_VALUE', 'The only possible value is true.'),
  FST_ERR_CTP_EMPTY_TYPE: createError('FST_ERR_CTP_EMPTY_TYPE', 'The content type cannot be empty.')
}
`,
  'server/start.js': `function start (options) {
  const timer = setTimeout(stop, options.pluginTimeout)
  app.use(Throttle(options.limit))
  return timer
}
`,
  'docs/plugins.md': '# Plugins\n\nThere are plugins for GraphQL, OAuth and Redis.\n',
};

/** A list of constants in which one is named, among many functions that have all of its words. */
const constants: Record<string, string> = {
  'vm/params.go': `package vm\n\nconst (\n${Array.from({ length: 12 }, (_, i) => `\tGasOfStep${i} uint64 = ${i}\n`).join('')}\tStackLimit uint64 = 1024\n)\n`,
  ...Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [
      `vm/stack${i}.go`,
      `package vm\n\n// setLimit sets the limit of stack ${i}.\nfunc setLimit${i}(stack Stack, limit int) { stack.limit = limit }\n`,
    ]),
  ),
};

async function answer(question: string, options: AskOptions = {}, asked = files): Promise<Answer> {
  const index = new SpanIndex();
  for (const [path, text] of Object.entries(asked)) await index.set(path, path.split('/').at(-1)!, Buffer.from(text));
  return askIndex(index, index.list(), question, undefined, options);
}

const places = ({ citations }: Answer): string[] => citations.map(({ label, line }) => `${label}:${line}`);

describe('kinds of questions', () => {
  it.each([
    ['How does the throttle middleware work?', 'router/chi/middleware/throttle.go:4'],
    ['how do the middlewares that compress work here', 'router/chi/middleware/compress.go:4'],
    ['How does the request logger work?', 'router/chi/middleware/logger.go:4'],
    ['Where is the throttle middleware?', 'router/chi/middleware/throttle.go:4'],
  ])('are found however they are put: %s', async (question, place) => {
    const result = await answer(question);
    expect([places(result)[0], result.isSure]).toEqual([place, true]);
  });

  it.each([
    ['How do I compress responses in chi?', 'router/chi/middleware/compress.go:4'],
    ['Where are requests logged in the middleware of the chi router?', 'router/chi/middleware/logger.go:4'],
    ['throttle in chi', 'router/chi/middleware/throttle.go:4'],
  ])('may name the folder in which it is: %s', async (question, place) => {
    const result = await answer(question);
    expect([places(result)[0], result.isSure]).toEqual([place, true]);
  });

  it.each([
    ['list all error codes that start with FST_ERR_REP', ['REP_ALREADY_SENT', 'REP_SENT_VALUE']],
    ['Which codes begin with FST_ERR_CTP?', ['CTP_EMPTY_TYPE']],
    ['show me every option starting with pluginTime', ['pluginTimeout']],
  ])('ask for all names that begin in one way: %s', async (question, names) => {
    const { isSure, sentences } = await answer(question);
    expect(isSure).toBe(true);
    for (const name of names) expect(sentences.map(({ text }) => text).join('\n')).toContain(name);
    expect(sentences.every(({ text }) => names.some((name) => text.includes(name.slice(0, 7))))).toBe(true);
  });

  it.each([
    ['What is the default of pluginTimeout?', 'pluginTimeout: 10000,'],
    ['bodyLimit default', 'bodyLimit: 1024 * 1024,'],
    ['what is maxRetries set to', 'maxRetries: 3'],
  ])('that ask for a value are led to the place that gives it: %s', async (question, line) => {
    const result = await answer(question);
    expect(result.sentences[0]?.text).toBe(line);
    expect(result.citations[0]?.label).toBe('server/options.js');
  });

  it.each(['What is StackLimit set to?', 'StackLimit default', 'What is the value of StackLimit?'])(
    'find a name in a long list of others: %s',
    async (question) => {
      const { sentences } = await answer(question, {}, constants);
      expect(sentences[0]?.text).toBe('StackLimit uint64 = 1024');
    },
  );

  it.each([
    'Where is the GraphQL resolver?',
    'How does the Redis cache evict entries?',
    'Where is the OAuth token refreshed?',
  ])('about what is mentioned only get places with a caveat: %s', async (question) => {
    const { found, isSure } = await answer(question);
    expect({ found, isSure }).toEqual({ found: true, isSure: false });
  });

  it.each(['Where is the Kafka consumer?', 'How is the shadow map rendered?', 'Who calls flattenSprite?'])(
    'of which no words are there find nothing: %s',
    async (question) => {
      const { found, citations } = await answer(question);
      expect({ found, citations }).toEqual({ found: false, citations: [] });
    },
  );

  it.each([
    ['and where is it used?', { question: 'What is the default of pluginTimeout?' }, 'server/start.js:2'],
    ['where is this used?', { question: 'Where is the throttle middleware?', symbol: 'Throttle' }, 'server/start.js:3'],
    ['and what is its default?', { question: 'who uses `maxRetries`?' }, 'server/options.js:5'],
  ])('that go on from the one before know what it was about: %s', async (question, previous, place) => {
    expect(places(await answer(question, { previous }))).toContain(place);
  });
});
