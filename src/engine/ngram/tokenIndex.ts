import { MatchCollector, type NgramMatch } from './matchCollector';

/** Longer matches are counted as this long. */
export const maxMatchLength = 32;

/** Places that are looked at, the nearest before the cursor first: a comma is everywhere. */
const MAX_PLACES = 1500;

/** Stands between two texts and matches nothing. */
const GAP = 0xffff_ffff;

/**
 * Every place of a text by the token before it, so that it is found quickly where the last tokens have stood before and what
 * followed there. Built in time linear in the text; 8 bytes a token.
 */
export class TokenIndex {
  /** Whether a token occurs at all, by id. */
  readonly occurs: Uint8Array;
  /** The text before the cursor, a gap, the text after it. */
  private readonly all: Uint32Array;
  /** By token: the first place to look at after it. -1 = none. */
  private readonly heads: Int32Array;
  /** By place: the next place to look at after the same token. */
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
    // What stands before the cursor is more like what comes than what stands after it, so it is entered last and found first.
    for (let at = prefix.length + 2; at < this.all.length; at++) this.enter(at);
    for (let at = 1; at < prefix.length; at++) this.enter(at);
  }

  /**
   * What followed elsewhere after the same tokens; empty when the last one has never stood before. In no order.
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
