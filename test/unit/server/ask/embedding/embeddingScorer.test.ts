import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FileMemory, type FileReading } from '../../../../../src/memory';
import { askDocuments, askIndex, defaultWeights, SpanIndex, type AskWeights } from '../../../../../src/server/ask';
import { rank, EmbeddingScorer } from '../../../../../src/server/ask/rank';
import { QuestionEmbedder } from '../../../../../src/server/ask/embedding';
import { Question } from '../../../../../src/server/ask/text';
import { askReadings } from '../../../../support/askReadings';
import { openStore } from '../../../../support/documents';
import { sumOfTokens, tokenEmbeddings } from '../../../../support/embeddings';
import { only } from '../../../../support/signals';
import { fileEngine, testEngine, tinyEmbeddingModelDir } from '../../../../support/tinyModel';

const engine = await fileEngine(tinyEmbeddingModelDir);

const texts = {
  'a.ts': `/** Opens it. */\nexport function openStore(folder: string): Store {\n  const store = new Store(folder);\n  return store;\n}\n`,
  'b.py': `class Cache:\n    """Keeps things."""\n\n    def invalidate(self, key):\n        del self.entries[key]\n        self.changed()\n`,
  'c.txt': 'one line\nanother line\n\nand a third\n',
};

async function read(files: Record<string, string> = texts): Promise<FileReading[]> {
  const memory = new FileMemory(engine, await openStore());
  const readings: FileReading[] = [];
  for (const [label, text] of Object.entries(files)) {
    readings.push(await memory.read({ label, basename: label, bytes: Buffer.from(text) }));
  }
  return readings;
}

async function indexed(readings: readonly FileReading[]): Promise<SpanIndex> {
  const index = new SpanIndex();
  for (const { label, bytes, embeddings } of readings) await index.set(label, label, bytes, embeddings);
  return index;
}

/** The cosine of a question and the code of a span, computed from the tokens again. */
async function cosine(
  question: string,
  { tokens, headerTokens, offsets }: FileReading,
  from: number,
  to: number,
): Promise<number> {
  const { tokenizer, config } = engine;
  const sum = async (ids: Uint32Array, first: number, end: number): Promise<Float64Array> =>
    sumOfTokens(await tokenEmbeddings(engine, ids), config.embeddingWidth, first, end);
  const asked = Uint32Array.of(tokenizer.special('<|question|>'), ...tokenizer.encode(Buffer.from(question)));
  const a = await sum(asked, 0, asked.length);
  expect(tokens.length).toBeLessThanOrEqual(config.blockSize);
  const lineOf = (token: number): number => offsets.position(token - headerTokens).line;
  const inside = [...tokens.keys()].filter((i) => i >= headerTokens && lineOf(i) >= from && lineOf(i) < to);
  const b = await sum(tokens, inside[0]!, inside.at(-1)! + 1);
  const dot = a.reduce((total, value, i) => total + value * b[i]!, 0);
  return dot / Math.hypot(...a) / Math.hypot(...b);
}

describe('the model’s embedding as a signal', () => {
  it('is the cosine of question and span, the comment before a definition left out', async () => {
    const readings = await read();
    const index = await indexed(readings);
    const questions = QuestionEmbedder.of(engine)!;
    const embeddingScorer = new EmbeddingScorer(index.table!, questions);
    const files = index.list();
    const placed = files.flatMap((file) => file.spans.map((_, span) => ({ file, span })));
    expect(placed.length).toBeGreaterThan(3);
    const scores = await embeddingScorer.score('how is it opened', placed);
    for (const [i, { file, span }] of placed.entries()) {
      const { code, end } = file.spans[span]!;
      const expected = await cosine(
        'how is it opened',
        readings.find(({ label }) => label === file.key)!,
        code,
        end,
      );
      expect(scores[i]).toBeCloseTo(Math.max(0, expected), 2);
    }
    const found = await embeddingScorer.search('how is it opened', files, 100);
    const sorted = [...scores].filter((score) => score > 0).sort((a, b) => b - a);
    expect(found.map(({ score }) => score)).toEqual(sorted);
  });

  it('proposes spans that share no word with the question, and orders them', async () => {
    const index = await indexed(await read());
    const embeddingScorer = new EmbeddingScorer(index.table!, QuestionEmbedder.of(engine)!);
    const question = new Question('zzyzx qwerty');
    const { candidates } = await rank(index, index.list(), question, { embeddingScorer, weights: only('embedding') });
    expect(candidates.length).toBeGreaterThan(2);
    const values = candidates.map(({ signals }) => signals.embedding);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(candidates.every(({ score, signals }) => score === signals.embedding && signals.words === 0)).toBe(true);
    const without = await rank(index, index.list(), question, { embeddingScorer, weights: only('words') });
    expect(without.candidates).toEqual([]);
  });
  it('counts once more where the question says what something does', async () => {
    const index = await indexed(await read());
    const embeddingScorer = new EmbeddingScorer(index.table!, QuestionEmbedder.of(engine)!);
    const weights = only('description');
    const described = await rank(index, index.list(), new Question('returns zzyzx qwerty'), {
      embeddingScorer,
      weights,
    });
    expect(described.candidates.length).toBeGreaterThan(2);
    expect(described.candidates.every(({ score, signals }) => score > 0 && score === signals.embedding)).toBe(true);
    const named = await rank(index, index.list(), new Question('zzyzx qwerty'), { embeddingScorer, weights });
    expect(named.candidates.every(({ score }) => score === 0)).toBe(true);
  });

  it('counts nothing for files that the model has not read, and nothing at all for a model without it', async () => {
    const readings = await read();
    const index = new SpanIndex();
    for (const { label, bytes } of readings) await index.set(label, label, bytes);
    expect(index.table).toBeUndefined();
    index.embed('a.ts', readings[0]!.embeddings!);
    index.embed('unknown.ts', readings[0]!.embeddings!);
    const embeddingScorer = new EmbeddingScorer(index.table!, QuestionEmbedder.of(engine)!);
    const found = await embeddingScorer.search('anything', index.list(), 100);
    expect(new Set(found.map(({ file }) => file.key))).toEqual(new Set(['a.ts']));

    const plain = await testEngine();
    expect(QuestionEmbedder.of(plain)).toBeUndefined();
    const words = await askIndex(index, index.list(), 'where is openStore?', undefined);
    const same = await askIndex(index, index.list(), 'where is openStore?', undefined, { weights: defaultWeights });
    expect(words.citations.map(({ symbol }) => symbol)).toContain('openStore');
    expect(same).toEqual(words);
  });

  it('follows edits and deletions of files', async () => {
    const index = await indexed(await read());
    const embeddingScorer = new EmbeddingScorer(index.table!, QuestionEmbedder.of(engine)!);
    const [edited] = await read({ 'a.ts': `function one() {\n  return 1;\n}\n` });
    await index.set('a.ts', 'a.ts', edited!.bytes, edited!.embeddings);
    index.delete('b.py');
    const found = await embeddingScorer.search('one', index.list(), 100);
    const inA = found.filter(({ file }) => file.key === 'a.ts');
    expect(inA).toHaveLength(1);
    expect(inA[0]!.score).toBeCloseTo(await cosine('one', edited!, 0, 3), 2);
    expect(new Set(found.map(({ file }) => file.key))).toEqual(new Set(['a.ts', 'c.txt']));
    // A file that is replaced without embeddings has none.
    await index.set('a.ts', 'a.ts', edited!.bytes);
    expect((await embeddingScorer.search('one', index.list(), 100)).some(({ file }) => file.key === 'a.ts')).toBe(
      false,
    );
  });

  it('is asked for by every way of asking, with the weights that are given', async () => {
    const readings = await read();
    const weights: AskWeights = {
      ...defaultWeights,
      ranking: only('embedding'),
      confidence: { ...defaultWeights.confidence, bias: 99 },
    };
    const direct = await askReadings(engine, readings, 'zzyzx', { weights, maxCitations: 1 });
    const documents = readings.map(({ label, bytes, embeddings }, i) => ({
      label,
      bytes,
      embeddings: () => embeddings,
      open: () => Promise.resolve(readings[i]!),
    }));
    const listed = await askDocuments(engine, documents, 'zzyzx', { weights, maxCitations: 1 });
    expect(direct.citations).toHaveLength(1);
    expect(listed.citations).toEqual(direct.citations);
    const blind = documents.map((document) => ({ ...document, embeddings: undefined }));
    expect((await askDocuments(engine, blind, 'zzyzx', { weights })).citations).toEqual([]);
  });
});

describe('QuestionEmbedder', () => {
  it('reads a question once, and forgets those that were asked longest ago', async () => {
    const embed = vi.spyOn(engine, 'embed');
    onTestFinished(() => embed.mockRestore());
    const questions = QuestionEmbedder.of(engine)!;
    const first = await questions.embed('who?');
    expect(await questions.embed('who?')).toBe(first);
    expect(embed).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 64; i++) await questions.embed(`question ${i}`);
    await questions.embed('question 63');
    expect(embed).toHaveBeenCalledTimes(65);
    expect(await questions.embed('who?')).toEqual(first);
    expect(embed).toHaveBeenCalledTimes(66);
  });

  it('is one run of at most a block, however long the question is', async () => {
    const embed = vi.spyOn(engine, 'embed');
    onTestFinished(() => embed.mockRestore());
    const questions = QuestionEmbedder.of(engine)!;
    const vector = await questions.embed('why '.repeat(1000));
    expect(embed.mock.calls.map(([, ids]) => ids.length)).toEqual([engine.config.blockSize]);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(Math.hypot(...(await questions.embed('')))).toBeCloseTo(1, 5);
  });

  it('is cancelled before the run, and tells of a failure without remembering it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const questions = QuestionEmbedder.of(engine, (work, signal) => {
      controller.abort(reason);
      signal?.throwIfAborted();
      return work(engine);
    })!;
    await expect(questions.embed('a', controller.signal)).rejects.toBe(reason);
    await expect(questions.embed('b', controller.signal)).rejects.toBe(reason);
    expect(Math.hypot(...(await questions.embed('a')))).toBeCloseTo(1, 5);
    await expect(questions.embed('a', controller.signal)).rejects.toBe(reason);
  });
});
