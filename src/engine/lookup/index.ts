export { certainty, evidence, evidenceElsewhere, longestOf, Lookup } from './lookup';
export { longestMatch, TokenIndex } from './tokenIndex';
export type { Followed } from './gathered';
export { lookupFile, readLookupWeights } from './weights';
export type { LengthWeights, LookupWeights, TextWeights, WorkspaceWeights } from './weights';
export { bytesPerToken, shortestElsewhere, WorkspaceIndex } from './workspaceIndex';
export type { Elsewhere } from './workspaceIndex';
