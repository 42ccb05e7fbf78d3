export { askDocuments, askIndex, askReadings } from './ask';
export type { Answer, AskedDocument, AskModel, AskOptions } from './ask';
export type { Citation } from './citation';
export { definitionsIn, type DefinedAt } from './definitions';
export type { Sentence } from './facts';
export { shippedWordVectors } from './meaning';
export { SpanIndex, type IndexedFile } from './lookup';
export { recall, type Recall } from './recall';
export { grammars } from './spans';
