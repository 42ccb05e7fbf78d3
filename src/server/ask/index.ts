export { askDocuments, askReadings } from './ask';
export type { Answer, AskedDocument, AskOptions } from './ask';
export type { Citation } from './ranking';
