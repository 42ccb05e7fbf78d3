export type { SpanEmbedder } from './embedder';
export { VectorScorer } from './vectorScorer';
export { shippedWordVectors, WordVectors } from './wordVectors';
