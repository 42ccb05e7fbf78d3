export { certainty, evidence, Lookup } from './lookup';
export { longestMatch, TokenIndex } from './tokenIndex';
export type { Followed } from './tokenIndex';
export { lookupFile, readLookupWeights } from './weights';
export type { LengthWeights, LookupWeights } from './weights';
