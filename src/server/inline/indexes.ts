import type { ReadingEngine, TokenIndex } from '../../engine';
import { sameTokens } from '../prefix';
import type { Prefix } from './prefixDecoder';

/** What stands where in the document in which the user types. While a line is typed the lines around it stay, and so does their index. */
export class Indexes {
  private last: { key: string; index: TokenIndex; behind: string } | undefined;

  constructor(private readonly engine: ReadingEngine) {}

  forget(key: string): void {
    if (this.last?.key === key) this.last = undefined;
  }

  /** @param behind text behind the cursor's line */
  of({ key, tokens }: Prefix, behind: string): TokenIndex {
    const { last } = this;
    if (last?.key === key && last.behind === behind && sameTokens(last.index.before, tokens)) return last.index;
    const index = this.engine.index(tokens, this.engine.tokenizer.encode(Buffer.from(behind, 'utf8')));
    this.last = { key, index, behind };
    return index;
  }
}
