export { certainty, evidence, otherFileEvidence, longestMatchLength, NgramMatcher } from './ngramMatcher';
export { maxMatchLength, TokenIndex } from './tokenIndex';
export type { NgramMatch } from './matchCollector';
export { ngramFile, readNgramWeights } from './weights';
export type { LengthWeights, NgramWeights, TextWeights, WorkspaceWeights } from './weights';
export { bytesPerToken, minOtherFileMatch, WorkspaceIndex } from './workspaceIndex';
export type { OtherFilesIndex } from './workspaceIndex';
