export {
  askDocuments,
  askIndex,
  askWeights,
  QuestionEmbedder,
  answerFromFile,
  shippedWordVectors,
  SpanIndex,
  WorkspaceWords,
} from './ask';
export type { Answer, AskedDocument, AskModel, AskOptions, Citation } from './ask';
export { completeAt, isInsideCharacter } from './complete';
export { modelFolder } from './modelFolder';
export { keptNotes, memoryViewModel, noteColumns } from './viewModel';
