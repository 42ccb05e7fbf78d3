import { describe, expect, it } from 'vitest';
import { definitionsIn, SpanIndex } from '../../../../src/server/ask';
import { Question } from '../../../../src/server/ask/text/question';
import { rank, type Candidate, type RankOptions } from '../../../../src/server/ask/rank/signals';
import { only } from '../../../support/signals';

const store = `import { x } from './x';

/** Opens the store in a folder. */
export function openStore(folder: string): Store {
  const file = join(folder, 'data');
  return new Store(file);
}

// How long a request may take.
const REQUEST_TIMEOUT_MS = 4500;
const user_name = 'anna';

class HTTPServer {
  /** Waits for requests. */
  listen(port: number): void {
    this.port = port;
    openStore('here');
  }
}
`;

async function indexOf(files: Record<string, string>): Promise<SpanIndex> {
  const index = new SpanIndex();
  for (const [key, text] of Object.entries(files)) await index.set(key, key, Buffer.from(text));
  return index;
}

async function ranked(index: SpanIndex, question: string, options?: RankOptions): Promise<Candidate[]> {
  return (await rank(index, index.list(), new Question(question), options)).candidates;
}

describe('SpanIndex', () => {
  it.each([
    ['request timeout', 'REQUEST_TIMEOUT_MS'],
    ['how to open the store?', 'openStore'],
    ['which port does the http server listen on', 'listen'],
    ['What is user_name?', 'user_name'],
  ])('finds for "%s" the span of %s first', async (question, expected) => {
    const index = await indexOf({ 'other.ts': 'nothing(here);\n', 'store.ts': store });
    const [best] = await ranked(index, question);
    const lines = index.text(best!.file.key);
    const text = Array.from({ length: best!.span.end - best!.span.start }, (_, i) =>
      lines.lineText(best!.span.start + i),
    );
    expect(best!.file.key).toBe('store.ts');
    expect(text.join('\n')).toContain(expected);
  });

  it('puts a definition before its uses, and uses first when they are asked for', async () => {
    const index = await indexOf({ 'store.ts': store });
    expect((await ranked(index, 'Where is openStore defined?'))[0]!.span.name).toBe('openStore');
    expect((await ranked(index, 'Who calls openStore?'))[0]!.span.name).toBe('listen');
  });

  it('prefers a whole function where the question says what something does', async () => {
    const long = Array.from({ length: 120 }, (_, i) => `  step(${i}, token);`);
    const text = ['type Token = string;', 'function checked(token: Token) {', ...long, '}', ''].join('\n');
    const index = await indexOf({ 'a.ts': text });
    const does = async (question: string): Promise<string[]> =>
      (await ranked(index, question))
        .filter(({ signals }) => signals.does === 1)
        .map(({ span }) => `${span.kind} ${span.name!} ${span.start}`);
    expect((await ranked(index, 'checks a token')).length).toBeGreaterThan(3);
    expect(await does('checks a token')).toEqual(['function checked 1']);
    expect(await does('what is a token?')).toEqual([]);
    expect(await does('which function calls checked?')).toEqual([]);
  });

  it('follows its files: replaced, deleted, overtaken', async () => {
    const index = await indexOf({ 'a.ts': 'const pelican = 1;\n' });
    await index.set('a.ts', 'a.ts', Buffer.from('const heron = 1;\n'));
    expect(await ranked(index, 'pelican')).toEqual([]);
    expect(await ranked(index, 'heron')).toHaveLength(1);
    const [first, second] = await Promise.all([
      index.set('a.ts', 'a.ts', Buffer.from('const first = 1;\n')),
      index.set('a.ts', 'a.ts', Buffer.from('const second = 1;\n')),
    ]);
    expect([first, second]).toEqual([false, true]);
    expect(await ranked(index, 'second')).toHaveLength(1);
    const late = index.set('b.ts', 'b.ts', Buffer.from('const late = 1;\n'));
    index.delete('b.ts');
    expect(await late).toBe(false);
    index.delete('a.ts');
    expect(index.list()).toEqual([]);
  });

  it('keeps the text, so that citing reads no file', async () => {
    const index = await indexOf({ 'a.ts': store });
    expect(index.text('a.ts').lineText(9)).toBe('const REQUEST_TIMEOUT_MS = 4500;');
    expect(() => index.text('b.ts')).toThrow(RangeError);
    expect(index.bytes).toBeLessThan(20 * store.length);
  });

  it('waits for files on their way, also when one fails', async () => {
    const index = new SpanIndex();
    void index.set('a.ts', 'a.ts', Buffer.from(store));
    await index.settled(['a.ts', 'unknown']);
    expect(index.has('a.ts')).toBe(true);
  });
});

describe('a span scorer', () => {
  it('proposes spans that share no word with the question, and weighs in', async () => {
    const index = await indexOf({ 'a.ts': store, 'b.ts': 'function heaven() {\n  return "blue";\n}\n' });
    const weights = only('words', 'meaning');
    const scorer: RankOptions['scorer'] = {
      search: (_question, files) =>
        Promise.resolve([{ file: files.find(({ key }) => key === 'b.ts')!, span: 0, score: 0.9 }]),
      score: (_question, spans) =>
        Promise.resolve(Float32Array.from(spans, ({ file }) => (file.key === 'b.ts' ? 0.9 : 0))),
    };
    const candidates = await ranked(index, 'which colour has the sky', { scorer, weights });
    expect(candidates.map(({ file }) => file.key)).toEqual(['b.ts']);
    expect(candidates[0]!.signals.meaning).toBeCloseTo(0.9);
  });
});

describe('definitionsIn', () => {
  it('finds functions, types, members and constants by name', async () => {
    const index = await indexOf({ 'a.ts': store });
    expect(definitionsIn(index, 'a.ts', 'openStore')).toEqual([
      { line: 3, text: 'export function openStore(folder: string): Store {' },
    ]);
    expect(definitionsIn(index, 'a.ts', 'REQUEST_TIMEOUT_MS').map(({ line }) => line)).toEqual([9]);
    expect(definitionsIn(index, 'a.ts', 'HTTPServer').map(({ line }) => line)).toEqual([12]);
    expect(definitionsIn(index, 'a.ts', 'listen').map(({ line }) => line)).toEqual([14]);
    expect(definitionsIn(index, 'a.ts', 'folder')).toEqual([]);
    expect(definitionsIn(index, 'b.ts', 'openStore')).toEqual([]);
  });
});
