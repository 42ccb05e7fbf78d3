/** A token that followed an earlier occurrence of the last tokens. */
export interface NgramMatch {
  readonly id: number;
  /** Length of the longest such match, in tokens. */
  readonly length: number;
  /** Whether no other match is longer. */
  readonly isLongest: boolean;
  /** Among the matches of that length, the share followed by this token. */
  readonly share: number;
}

/** Collects what followed each match. */
export class MatchCollector {
  /** By token: the longest match, and the number of matches of that length. */
  private readonly found = new Map<number, { length: number; count: number }>();
  private longest = 0;

  /** @param id the token that followed @param length length of the match */
  add(id: number, length: number): void {
    this.longest = Math.max(this.longest, length);
    const known = this.found.get(id);
    if (known === undefined || length > known.length) this.found.set(id, { length, count: 1 });
    else if (length === known.length) known.count++;
  }

  /** In no particular order. */
  list(): NgramMatch[] {
    const totals = new Map<number, number>();
    for (const { length, count } of this.found.values()) totals.set(length, (totals.get(length) ?? 0) + count);
    return Array.from(this.found, ([id, { length, count }]) => ({
      id,
      length,
      isLongest: length === this.longest,
      share: count / totals.get(length)!,
    }));
  }
}
