import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LineIndex } from '../../src/common';
import { Engine } from '../../src/engine';
import { FileMemory, MemoryStore } from '../../src/memory';
import { QuestionEmbedder } from '../../src/server';
import { spanVectors } from '../../src/server/ask/embedding';
import type { Span } from '../../src/server/ask/spans';
import { temporaryFolder } from '../support/folder';
import { tinyEmbeddingModelDir } from '../support/tinyModel';

/** PyTorch's results for a text and questions (models/training/memmamba_training/export/golden_retrieval.py). */
interface Golden {
  basename: string;
  text: string;
  /** Ranges of lines, and the same as tokens. */
  lines: [number, number][];
  spans: [number, number][];
  questions: string[];
  float: { spans: number[][]; questions: number[][] };
  int8: { spans: number[][]; questions: number[][] };
}

const golden = JSON.parse(readFileSync(join(tinyEmbeddingModelDir, 'retrieval.json'), 'utf8')) as Golden;

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squareA += a[i]! ** 2;
    squareB += b[i]! ** 2;
  }
  return product / Math.sqrt(squareA * squareB);
}

const spanOfLines = ([start, end]: [number, number]): Span => ({
  start,
  end,
  kind: 'lines',
  name: undefined,
  owners: [],
  code: start,
  signatureEnd: start,
  docstring: undefined,
});

// PyTorch quantizes int8 differently; the rest of the difference is our own 8 bits.
describe.each([
  ['float', 0.9998],
  ['int8', 0.998],
] as const)('embeddings of spans and questions against PyTorch, %s', (arithmetic, least) => {
  async function open(): Promise<Engine> {
    const engine = await Engine.open({
      modelDir: tinyEmbeddingModelDir,
      provider: 'cpu',
      threads: 1,
      arithmetic,
    });
    onTestFinished(() => engine.dispose());
    return engine;
  }

  it('are the same for spans of lines, summed while the file is read', async () => {
    const engine = await open();
    const store = await MemoryStore.open(await temporaryFolder());
    onTestFinished(() => store.close());
    const document = { label: 'a', basename: golden.basename, bytes: Buffer.from(golden.text) };
    const { embeddings, headerTokens, offsets } = await new FileMemory(engine, store).read(document);
    expect(embeddings!.lineCount).toBe(new LineIndex(golden.text).lineCount);
    golden.lines.forEach((lines, i) => {
      const tokens = lines.map((line) => headerTokens + offsets.tokenAtByte(offsets.lineBytes(line).start));
      // A line may start within a token of line ends: then its first token is the next one.
      for (const [at, token] of tokens.entries()) expect(golden.spans[i]![at]! - token).toBeOneOf([0, 1]);
    });
    const { values, scales } = spanVectors(embeddings!, golden.lines.map(spanOfLines));
    const { width } = embeddings!;
    golden[arithmetic].spans.forEach((expected, i) => {
      const vector = Array.from(values.subarray(i * width, (i + 1) * width), (value) => value * scales[i]!);
      expect(cosine(vector, expected), `lines ${golden.lines[i]!.join('-')}`).toBeGreaterThan(least);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 1);
    });
  });

  it('are the same for questions, cut after a block', async () => {
    const questions = QuestionEmbedder.of(await open())!;
    for (const [i, question] of golden.questions.entries()) {
      const vector = await questions.embed(question);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      expect(cosine(vector, golden[arithmetic].questions[i]!), question).toBeGreaterThan(least);
    }
    const [first, second] = golden[arithmetic].questions;
    expect(cosine(first!, second!)).toBeLessThan(least);
  });
});
