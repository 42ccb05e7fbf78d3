import { MAX_CANDIDATES } from '../complete';

/** What triggered a request: typing, or the user's command. */
export type Trigger = 'automatic' | 'explicit';

/**
 * How much work one completion may be. What is offered is written to its end however long that takes, since half a line helps nobody and
 * the editor shows a late offer too; typing on ends it. Time limits what is written besides.
 */
export interface Budget {
  /** Blocks that may be read before the model writes. */
  readonly readBlocks: number;
  /** Maximum tokens for the rest of a line, and for several lines. */
  readonly tokens: Readonly<Record<'line' | 'block', number>>;
  /** Candidates for the rest of the line that are written at most. */
  readonly lines: number;
  /** No further candidate is begun, and none is gone on with, after these times. Milliseconds. */
  readonly linesBegunWithin: number;
  readonly linesWithin: number;
  /** Candidates that are gone on with to several lines at most, and the time after which only the best is. Milliseconds. */
  readonly blocks: number;
  readonly blocksWithin: number;
}

export const budgets: Readonly<Record<Trigger, Budget>> = {
  automatic: {
    readBlocks: 6,
    tokens: { line: 64, block: 96 },
    lines: 3,
    linesBegunWithin: 80,
    linesWithin: 250,
    blocks: 1,
    blocksWithin: 0,
  },
  explicit: {
    readBlocks: 40,
    tokens: { line: 96, block: 128 },
    lines: MAX_CANDIDATES,
    linesBegunWithin: 1500,
    linesWithin: 3000,
    blocks: 4,
    blocksWithin: 2500,
  },
};
