export { UNIT, type SpanEmbedder } from './embedder';
export { shippedWordVectors, WordVectors } from './wordVectors';
