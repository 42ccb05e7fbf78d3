export { completeAt } from './complete';
export type { Completion, CompleteOptions } from './complete';
export { startMiddle } from './infill';
