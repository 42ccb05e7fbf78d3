export { askDocuments, askIndex, askWeights, QuestionEmbedder, recallFile, shippedWordVectors, SpanIndex } from './ask';
export type { Answer, AskedDocument, AskModel, AskOptions, Citation, Recall, Sentence } from './ask';
export { completeAt } from './complete';
export type { Completion, CompleteOptions } from './complete';
export { modelFolder } from './modelFolder';
export { memoryPicture } from './picture';
