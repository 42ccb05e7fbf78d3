import type { ReadingEngine, TokenIndex } from '../../engine';
import { sameTokens } from '../prefix';
import type { Prefix } from './prefix';

/**
 * The n-gram index of the document the user types in. While a line is typed, the lines around it stay the same, and so does the index.
 */
export class MatchIndexes {
  private last: { key: string; index: TokenIndex; following: string } | undefined;

  forget(key: string): void {
    if (this.last?.key === key) this.last = undefined;
  }

  /** @param after text after the cursor, of which the lines after the current one count */
  of(engine: Pick<ReadingEngine, 'index' | 'tokenizer'>, { key, tokens }: Prefix, after: string): TokenIndex {
    const { last } = this;
    const following = /\n[^]*$/.exec(after)?.[0] ?? '';
    if (last?.key === key && last.following === following && sameTokens(last.index.prefix, tokens)) return last.index;
    const index = engine.index(tokens, engine.tokenizer.encode(Buffer.from(following, 'utf8')));
    this.last = { key, index, following };
    return index;
  }
}
