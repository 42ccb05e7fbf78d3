import { RequestMessage } from './message';
/** Where to search for an answer. */
export type AskScope = { kind: 'file'; uri: string } | { kind: 'openFiles' } | { kind: 'workspace' };

export interface AskParams {
  question: string;
  scope: AskScope;
  /** The previous question, for a follow-up: "and where is it used?" */
  previous?: PreviousQuestion;
  /** Maximum number of citations in the answer. Default 3. */
  maxCitations?: number;
  /** Progress is reported under this token. */
  progressToken?: string | number;
}

export interface PreviousQuestion {
  question: string;
  /** What the best place defines, as in {@link AskCitation}. */
  symbol?: string;
}

/** A place that answers the question. Lines are 1-based. */
export interface AskCitation {
  uri: string;
  /** The most relevant line. */
  line: number;
  startLine: number;
  endLine: number;
  text: string;
  /** What is defined there: `QueryClient.mount`. */
  symbol?: string;
  /** How it was found: by the words of the question, the model's notes, or both. */
  foundBy: ('words' | 'notes')[];
}

/** A sentence of an answer, copied verbatim from the place it cites. */
export interface AskSentence {
  text: string;
  /** Copied code, a sentence of documentation, or the model's own words. */
  kind: 'code' | 'prose' | 'model';
  /** Index of the citation, from 0. */
  citation: number;
}

/** Progress of an answer; the final word is the result of the request. */
export type AskProgress =
  | { kind: 'reading'; uri: string; doneTokens: number; totalTokens: number }
  /** Words of files are being indexed: `doneFiles` so far. */
  | { kind: 'indexing'; doneFiles: number; totalFiles: number }
  | { kind: 'searching'; files: number }
  /** Citations so far, best first; later ones replace them. */
  | { kind: 'citations'; citations: AskCitation[] }
  /** The next sentence of the answer; it refers to the latest citations. */
  | { kind: 'sentence'; sentence: AskSentence }
  | { kind: 'recalling'; uri: string };

export interface AskResult {
  /** False: memory holds no answer, and there are no citations. */
  found: boolean;
  /** False when places share words with the question, but may well not answer it. */
  isSure: boolean;
  /** Probability that the first citation answers the question, 0 to 1. */
  probability: number;
  /** A short answer, every sentence with its citation. Empty when there is none. */
  sentences: AskSentence[];
  /** The model's own words, when it is sure of them and they occur in a cited place. */
  text?: string;
  citations: AskCitation[];
  /** Files whose words were searched, and those of them that the model has read. */
  searched: number;
  read: number;
  /** Files in scope that were not searched, because they are not indexed yet or are left out. */
  notSearched: number;
  skipped: number;
  milliseconds: number;
}

/** Asks the memory a question. Can be cancelled. */
export const AskRequest = new RequestMessage<AskParams, AskResult, AskProgress>('memmamba/ask');
