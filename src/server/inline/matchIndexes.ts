import type { ReadingEngine, TokenIndex } from '../../engine';
import { sameTokens } from '../prefix';
import type { Prefix } from './prefix';

/**
 * The index in which matches are looked up, of the document in which the user types. While a line is typed the lines around it stay, and
 * so does their index.
 */
export class MatchIndexes {
  private last: { key: string; index: TokenIndex; following: string } | undefined;

  forget(key: string): void {
    if (this.last?.key === key) this.last = undefined;
  }

  /** @param after text after the cursor, of which the lines after the cursor's own count */
  of(engine: Pick<ReadingEngine, 'index' | 'tokenizer'>, { key, tokens }: Prefix, after: string): TokenIndex {
    const { last } = this;
    const following = /\n[^]*$/.exec(after)?.[0] ?? '';
    if (last?.key === key && last.following === following && sameTokens(last.index.prefix, tokens)) return last.index;
    const index = engine.index(tokens, engine.tokenizer.encode(Buffer.from(following, 'utf8')));
    this.last = { key, index, following };
    return index;
  }
}
