import { RequestMessage } from './message';
/** Where an answer is looked for. */
export type AskScope = { kind: 'file'; uri: string } | { kind: 'openFiles' } | { kind: 'workspace' };

export interface AskParams {
  question: string;
  scope: AskScope;
  /** Most citations in the answer. Default 3. */
  maxCitations?: number;
  /** Steps are told under this token. */
  progressToken?: string | number;
}

/** A place that answers the question. Lines are 1-based. */
export interface AskCitation {
  uri: string;
  /** The line that matters most. */
  line: number;
  startLine: number;
  endLine: number;
  text: string;
  /** What is defined there: `QueryClient.mount`. */
  symbol?: string;
  /** What led here: the words of the question, the model's notes, or both. */
  foundBy: ('words' | 'notes')[];
}

/** A sentence of an answer: it stands, word for word, in the place that it cites. */
export interface AskSentence {
  text: string;
  /** Copied code, a sentence of documentation, or the model's own words. */
  kind: 'code' | 'prose' | 'model';
  /** Index of the citation, from 0. */
  citation: number;
}

/** What happens while an answer is made; the last word is the result of the request. */
export type AskProgress =
  | { kind: 'reading'; uri: string; doneTokens: number; totalTokens: number }
  | { kind: 'searching'; files: number }
  /** Citations so far, best first; later ones replace them. */
  | { kind: 'citations'; citations: AskCitation[] }
  /** The next sentence of the answer; it refers to the citations told last. */
  | { kind: 'sentence'; sentence: AskSentence }
  | { kind: 'recalling'; uri: string };

export interface AskResult {
  /** False: memory holds no answer, and there are no citations. */
  found: boolean;
  /** Probability that the first citation answers the question, 0 to 1. */
  probability: number;
  /** A short answer, every sentence with its citation. Empty when there is nothing short to say. */
  sentences: AskSentence[];
  /** The model's own words, when it is sure of them and they stand in a cited place. */
  text?: string;
  citations: AskCitation[];
  /** Files that were searched, and those in scope that were not because they are not read yet or skipped. */
  searched: number;
  notRead: number;
  skipped: number;
  milliseconds: number;
}

/** Asks the memory a question. Can be cancelled. */
export const AskRequest = new RequestMessage<AskParams, AskResult, AskProgress>('memmamba/ask');
