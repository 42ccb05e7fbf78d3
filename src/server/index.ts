export { askDocuments, askReadings } from './ask';
export type { Answer, AskedDocument, AskOptions, Citation } from './ask';
export { completeAt } from './complete';
export type { Completion, CompleteOptions } from './complete';
export { modelFolder } from './modelFolder';
