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

/** One question with its answer so far. */
export interface AskEntry {
  id: number;
  question: string;
  scope: AskScope['kind'];
  state: 'asking' | 'found' | 'unsure' | 'not-found' | 'failed' | 'cancelled';
  /** Progress or outcome, as text. */
  note: string;
  /** The short answer, every sentence with its citation. Absent in answers stored by earlier versions. */
  sentences?: AskSentence[];
  /** The model's own words. */
  text?: string;
  /** What the best place defines: a follow-up question may refer to it. */
  symbol?: string;
  citations: ShownCitation[];
}

/** Everything the view shows. Sent as a whole with every change: an answer is small. */
export interface AskViewState {
  /** Oldest first. */
  entries: AskEntry[];
  scope: AskScope['kind'];
  /** Whether the server runs. */
  canAsk: boolean;
  /** The entry whose attended notes the server knows: the last one of this session. */
  attendedBy?: number | undefined;
  /** Labels of the view in the user's language. */
  labels: AskViewLabels;
}

/** Messages from the view to the extension. */
export type AskViewMessage =
  | { type: 'ready' }
  | { type: 'ask'; question: string; scope: AskScope['kind'] }
  | { type: 'cancel' }
  /** Copies an answer with its places. */
  | { type: 'copy'; id: number }
  /** Shows what the last answer attended to. */
  | { type: 'attended' }
  | { type: 'scope'; scope: AskScope['kind'] }
  | { type: 'open'; uri: string; line: number; endLine: number };
