import type { IndexedFile } from '../corpus';
import { UNIT, type SpanEmbedder } from '../wordVectors';
import type { PlacedSpan, ScoredSpan, SpanScorer } from './scorer';
import { TopSpans } from './topSpans';

/** Compares questions with the vectors computed while files were indexed. */
export class VectorScorer implements SpanScorer {
  constructor(private readonly embedder: SpanEmbedder) {}

  search(question: string, files: readonly IndexedFile[], limit: number): Promise<ScoredSpan[]> {
    const asked = this.embedder.question(question);
    const { width } = this.embedder;
    const best = new TopSpans<IndexedFile>(limit);
    for (const file of files) {
      const { vectors } = file;
      if (vectors === undefined) continue;
      for (let span = 0; span * width < vectors.length; span++) {
        best.offer(file, span, dot(asked, vectors, span * width));
      }
    }
    return Promise.resolve(best.list());
  }

  score(question: string, spans: readonly PlacedSpan[]): Promise<Float32Array> {
    const asked = this.embedder.question(question);
    const { width } = this.embedder;
    return Promise.resolve(
      Float32Array.from(spans, ({ file: { vectors }, span }) =>
        vectors === undefined ? 0 : Math.max(0, dot(asked, vectors, span * width)),
      ),
    );
  }
}

/** Cosine of a unit vector and a quantized one. */
function dot(a: Float32Array, b: Int8Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[at + i]!;
  return sum / UNIT;
}
