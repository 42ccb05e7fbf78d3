export { completeAt, readBefore, startBehind, writeBehind } from './complete';
export type { Completion, CompleteOptions, ConsideredLine } from './complete';
export { considerLines, isLineOpen, manyLines, meanLogProb } from './lines';
export { appendLine, firstSuffixTokens, lastBoundary } from './start';
export type { Start } from './start';
