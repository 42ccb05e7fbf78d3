export { candidateLines, isHopeless } from './candidates';
export type { CandidatesOptions, LineCandidate } from './candidates';
export { rescored } from './rescore';
export type { WeighedLine } from './rescore';
export { defaultLineWeights, linesFile, readLineWeights } from './weights';
export type { LineWeights } from './weights';
