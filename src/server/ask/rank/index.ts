export { confidence, judge } from './calibration';
export type { SpanScorer } from './scorer';
export { rank, type Candidate } from './signals';
export { EmbeddingScorer } from './embeddingScorer';
export { VectorScorer } from './vectorScorer';
export { askWeights, defaultWeights, type AskWeights } from './weights';
