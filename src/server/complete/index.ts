export { completeAt } from './complete';
export type { Completion, CompleteOptions } from './complete';
export { shownBehind, startMiddle } from './infill';
