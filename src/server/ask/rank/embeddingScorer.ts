import type { IndexedFile } from '../corpus';
import type { QuestionEmbedder, VectorTable } from '../embedding';
import type { PlacedSpan, ScoredSpan, SpanScorer } from './scorer';
import { TopSpans } from './topSpans';

/** Compares questions with the model's embeddings of spans. Files that the model has not read have none. */
export class EmbeddingScorer implements SpanScorer {
  constructor(
    private readonly table: VectorTable,
    private readonly questions: QuestionEmbedder,
  ) {}

  async search(
    question: string,
    files: readonly IndexedFile[],
    limit: number,
    signal?: AbortSignal,
  ): Promise<ScoredSpan[]> {
    const asked = await this.questions.embed(question, signal);
    const best = new TopSpans<IndexedFile>(limit);
    const rows = files.map((file) => file.rows);
    this.table.compare(asked, rows, (number, scores) => best.offerAll(files[number]!, scores));
    return best.list();
  }

  async score(question: string, spans: readonly PlacedSpan[], signal?: AbortSignal): Promise<Float32Array> {
    const asked = await this.questions.embed(question, signal);
    const rows = spans.map(({ file, span }) => file.rows && { first: file.rows.first + span, count: 1 });
    const result = new Float32Array(spans.length);
    this.table.compare(asked, rows, (number, [score]) => {
      result[number] = Math.max(0, score!);
    });
    return result;
  }
}
