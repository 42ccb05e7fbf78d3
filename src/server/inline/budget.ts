import { MAX_CANDIDATES } from '../complete';

/** What led to a request: typing, or the user's command. */
export type Trigger = 'automatic' | 'explicit';

/** How much work one completion may be. */
export interface Budget {
  /** Blocks that may be read before the model writes. */
  readonly readBlocks: number;
  /** Tokens of the rest of a line, and of several lines. */
  readonly tokens: Readonly<Record<'line' | 'block', number>>;
  /** Writing ends after this time, counted from its first token. Milliseconds. */
  readonly milliseconds: number;
  /** Candidates for the rest of the line that are written at most. */
  readonly lines: number;
  /** No further candidate is begun after this time. Milliseconds. */
  readonly linesWithin: number;
}

export const budgets: Readonly<Record<Trigger, Budget>> = {
  automatic: { readBlocks: 6, tokens: { line: 32, block: 48 }, milliseconds: 250, lines: 3, linesWithin: 80 },
  explicit: {
    readBlocks: 40,
    tokens: { line: 64, block: 96 },
    milliseconds: 4000,
    lines: MAX_CANDIDATES,
    linesWithin: 400,
  },
};
