import { MAX_CANDIDATES } from '../complete';

/** What triggered a request: typing, or the user's command. */
export type Trigger = 'automatic' | 'explicit';

/** Limits for one completion. */
export interface Budget {
  /** Blocks that may be read before the model writes. */
  readonly readBlocks: number;
  /** Maximum tokens for the rest of a line, and for several lines. */
  readonly tokens: Readonly<Record<'line' | 'block', number>>;
  /** Time limit for writing, from the first token on. Milliseconds. */
  readonly milliseconds: number;
  /** Maximum number of candidates for the rest of the line. */
  readonly lines: number;
  /** No further candidate is started after this time. Milliseconds. */
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
