import { normalize, quantize } from '../../../common';
import type { LineEmbeddings } from '../../../memory';
import type { Span } from '../spans';
import type { QuantizedVectors } from './vectorTable';

/** The unit vector of each span; zeros for one in which no token starts. */
export function spanVectors(embeddings: LineEmbeddings, spans: readonly Span[]): QuantizedVectors {
  const { width } = embeddings;
  const values = new Int8Array(spans.length * width);
  const scales = new Float32Array(spans.length);
  const sum = new Float64Array(width);
  for (const [number, { code, end }] of spans.entries()) {
    embeddings.sum(code, end, sum);
    normalize(sum);
    scales[number] = quantize(sum, values, number * width);
  }
  return { values, scales };
}
