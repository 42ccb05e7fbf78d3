export { confidence } from './calibration';
export type { SpanScorer } from './scorer';
export { rank, type Candidate } from './signals';
export { StreamScorer } from './streamScorer';
export { VectorScorer } from './vectorScorer';
export { askWeights, defaultWeights, type AskWeights } from './weights';
