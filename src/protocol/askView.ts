import type { AskScope, AskSentence } from './ask';
import type { AskViewLabels } from './labels';

/** A citation as the view shows it. */
export interface ShownCitation {
  uri: string;
  /** `src/a.ts:41` */
  label: string;
  line: number;
  endLine: number;
  text: string;
  foundBy: ('words' | 'notes')[];
}

/** One question with its answer, as far as it has come. */
export interface AskEntry {
  id: number;
  question: string;
  scope: AskScope['kind'];
  state: 'asking' | 'found' | 'not-found' | 'failed' | 'cancelled';
  /** What is going on, or how it ended, in words. */
  note: string;
  /** The short answer, every sentence with its citation. Left out by answers of before. */
  sentences?: AskSentence[];
  /** The model's own words. */
  text?: string;
  citations: ShownCitation[];
}

/** Everything the view shows. Sent whole with every change: an answer is small. */
export interface AskViewState {
  /** Oldest first. */
  entries: AskEntry[];
  scope: AskScope['kind'];
  /** Whether the server runs. */
  canAsk: boolean;
  /** The entry for whose answer the server knows what was recalled: the last one of this session. */
  attendedBy?: number | undefined;
  /** Words of the view in the user's language. */
  labels: AskViewLabels;
}

/** What the view asks of the extension. */
export type AskViewMessage =
  | { type: 'ready' }
  | { type: 'ask'; question: string; scope: AskScope['kind'] }
  | { type: 'cancel' }
  /** Shows what the last answer recalled. */
  | { type: 'attended' }
  | { type: 'scope'; scope: AskScope['kind'] }
  | { type: 'open'; uri: string; line: number; endLine: number };
