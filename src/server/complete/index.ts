export { completeAt, readBefore, writeBehind } from './complete';
export type { Completion, CompleteOptions } from './complete';
export { appendLine, approach, shownBehind } from './infill';
export type { Approach, TextAround } from './infill';
