export { candidateLines, isHopeless } from './candidates';
export type { CandidatesOptions, LineCandidate } from './candidates';
export { scoreLines } from './scoring';
export type { ScoredLine } from './scoring';
export { linesFile, readLineWeights } from './weights';
export type { LineWeights } from './weights';
