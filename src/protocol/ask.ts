import { RequestMessage } from './message';
/** Where an answer is looked for. */
export type AskScope = { kind: 'file'; uri: string } | { kind: 'openFiles' } | { kind: 'workspace' };

export interface AskParams {
  question: string;
  scope: AskScope;
  /** Steps are reported under this token as `$/progress` with {@link AskProgress}. */
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
  /** What led here: the words of the question, the model's notes, or both. */
  foundBy: ('words' | 'notes')[];
}

/** What happens while an answer is made; the last word is the result of the request. */
export type AskProgress =
  | { kind: 'reading'; uri: string; doneTokens: number; totalTokens: number }
  | { kind: 'searching'; files: number }
  /** Citations so far, best first; later ones replace them. */
  | { kind: 'citations'; citations: AskCitation[] }
  | { kind: 'recalling'; uri: string };

export interface AskResult {
  /** False: memory holds no answer, and there are no citations. */
  found: boolean;
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
export const AskRequest = new RequestMessage<AskParams, AskResult>('memmamba/ask');
