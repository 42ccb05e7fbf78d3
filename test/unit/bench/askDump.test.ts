import { expect, it } from 'vitest';
import { FileMemory } from '../../../src/memory';
import { QuestionEmbedder, SpanIndex } from '../../../src/server';
import { Question } from '../../../src/server/ask/text/question';
import { rank, signalWeights } from '../../../src/server/ask/rank/signals';
import { EmbeddingScorer } from '../../../src/server/ask/rank';
import { defaultWeights } from '../../../src/server/ask/rank/weights';
import { dump } from '../../../bench/ask/dump';
import { unitsOf, type Haystack } from '../../../bench/ask/needles';
import type { Tools } from '../../../bench/ask/tools';
import { openStore } from '../../support/documents';
import { sumOfTokens, tokenEmbeddings } from '../../support/embeddings';
import { fileEngine, tinyEmbeddingModelDir } from '../../support/tinyModel';

const text = `// Retries.
export function retry(times: number): number {
  let left = times;
  while (left > 0) left--;
  return left;
}

export class Queue {
  push(item: string): void {
    this.items.push(item);
    this.changed();
  }
}
`;

it('a dumped haystack has all that the ranking of the extension depends on', async () => {
  const engine = await fileEngine(tinyEmbeddingModelDir);
  const memory = new FileMemory(engine, await openStore());
  const questions = QuestionEmbedder.of(engine)!;
  const weights = { ...defaultWeights, ranking: { ...signalWeights, embedding: 0.7, description: 3 } };
  const tools = {
    engine,
    tokenizer: engine.tokenizer,
    asking: { weights, questions },
    embeddings: async (document) => (await memory.read(document)).embeddings,
    scorers: (index) => ({ scorer: undefined, embeddingScorer: new EmbeddingScorer(index.table!, questions) }),
  } satisfies Pick<Tools, 'engine' | 'tokenizer' | 'asking' | 'embeddings' | 'scorers'> as unknown as Tools;
  const index = new SpanIndex();
  const bytes = Buffer.from(text);
  await index.set('package/a.ts', 'a.ts', bytes, await tools.embeddings({ label: 'a', basename: 'a.ts', bytes }));
  const files = index.list();
  const needles = [
    { question: 'counts down until nothing of it is left', right: new Set([0]), isWhole: true },
    { question: 'push', right: new Set([2]) },
  ];
  const haystack: Haystack = { index, files, ...unitsOf(index, files), needles };
  const dumped = await dump(tools, 'typescript', haystack);

  expect(dumped.weights).toEqual({ embedding: 0.7, description: 3 });
  const [file] = dumped.files;
  expect(file!.spans).toHaveLength(files[0]!.spans.length);
  const { embeddingWidth: width } = engine.config;
  const read = await tokenEmbeddings(engine, Uint32Array.from(file!.ids));
  for (const [n, { question }] of needles.entries()) {
    const { describes, candidates } = dumped.needles[n]!;
    expect(dumped.needles[n]!.question).toBe(question);
    const asked = await questions.embed(question);
    const about = new Question(question);
    expect(describes).toBe(about.describes);
    const ranked = await rank(index, files, about, { ...tools.scorers(index), weights: weights.ranking });
    expect(candidates.map(({ span }) => files[0]!.spans[span])).toEqual(ranked.candidates.map(({ span }) => span));
    expect(candidates.some(({ right }) => right)).toBe(true);
    for (const [i, { span, other }] of candidates.entries()) {
      const there = sumOfTokens(read, width, ...file!.spans[span]!);
      const dot = there.reduce((sum, value, k) => sum + value * asked[k]!, 0);
      const cosine = Math.max(0, dot / Math.hypot(...there));
      // The extension stores a byte for each number of an embedding.
      const score = other + (0.7 + 3 * Number(describes)) * cosine;
      expect(Math.abs(score - ranked.candidates[i]!.score)).toBeLessThan(0.02);
    }
  }
});
