import { MatchCollector, type NgramMatch } from './matchCollector';

/** Longer matches count as this long. */
export const maxMatchLength = 32;

/** Maximum number of positions to check, those closest before the cursor first: a comma is everywhere. */
const MAX_PLACES = 1500;

/** Separates two texts and matches nothing. */
const GAP = 0xffff_ffff;

/**
 * Every position of a text by the token before it, to find earlier occurrences of the last tokens and what followed them.
 * Built in linear time; 8 bytes per token.
 */
export class TokenIndex {
  /** Whether a token occurs at all, by id. */
  readonly occurs: Uint8Array;
  /** The text before the cursor, a gap, the text after it. */
  private readonly all: Uint32Array;
  /** By token: the first position after it to check. -1 = none. */
  private readonly heads: Int32Array;
  /** By position: the next one after the same token. */
  private readonly next: Int32Array;

  /**
   * @param vocabSize more than any token's id
   * @param prefix tokens of the text up to the cursor
   * @param suffix tokens of the text after the cursor
   */
  constructor(
    vocabSize: number,
    readonly prefix: Uint32Array,
    suffix: Uint32Array = new Uint32Array(0),
  ) {
    this.all = new Uint32Array(prefix.length + 1 + suffix.length);
    this.all.set(prefix);
    this.all[prefix.length] = GAP;
    this.all.set(suffix, prefix.length + 1);
    this.heads = new Int32Array(vocabSize).fill(-1);
    this.next = new Int32Array(this.all.length);
    this.occurs = new Uint8Array(vocabSize);
    for (const id of prefix) this.occurs[id] = 1;
    for (const id of suffix) this.occurs[id] = 1;
    // Text before the cursor resembles the completion more than text after it, so it is indexed last and found first.
    for (let at = prefix.length + 2; at < this.all.length; at++) this.enter(at);
    for (let at = 1; at < prefix.length; at++) this.enter(at);
  }

  /**
   * What followed earlier occurrences of the last tokens; empty if the last token never occurred. In no particular
   * order.
   *
   * @param last the text's last tokens, {@link maxMatchLength} are enough
   */
  matches(last: ArrayLike<number>): NgramMatch[] {
    const { all, next } = this;
    const end = last.length;
    if (end === 0) return [];
    const collector = new MatchCollector();
    let places = 0;
    for (let at = this.heads[last[end - 1]!]!; at >= 0 && places < MAX_PLACES; at = next[at]!, places++) {
      const most = Math.min(maxMatchLength, end, at);
      let length = 1;
      while (length < most && all[at - 1 - length] === last[end - 1 - length]) length++;
      collector.add(all[at]!, length);
    }
    return collector.list();
  }

  private enter(at: number): void {
    const previous = this.all[at - 1]!;
    this.next[at] = this.heads[previous]!;
    this.heads[previous] = at;
  }
}
