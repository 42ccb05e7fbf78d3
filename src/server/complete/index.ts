export { completeAt, readBefore, startBehind, writeBehind } from './complete';
export type { Completion, CompleteOptions, ConsideredLine } from './complete';
export { appendLine, approach, shownBehind } from './infill';
export type { Approach, TextAround } from './infill';
export { considerLines, isLineOpen, manyLines, meanLogProb } from './lines';
