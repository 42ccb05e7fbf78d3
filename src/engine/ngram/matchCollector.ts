/** A token that followed somewhere where the last tokens had been the same. */
export interface NgramMatch {
  readonly id: number;
  /** How many of the last tokens were the same there, at the best of those places. */
  readonly length: number;
  /** Whether no other place has more of the last tokens in common. */
  readonly isLongest: boolean;
  /** Among the places with as many tokens in common: the share of those where this token followed. */
  readonly share: number;
}

/** Gathers what followed at one place after the other. */
export class MatchCollector {
  /** By token: the most tokens in common, and at how many places. */
  private readonly found = new Map<number, { length: number; count: number }>();
  private longest = 0;

  /** @param id what followed there @param length tokens in common */
  add(id: number, length: number): void {
    this.longest = Math.max(this.longest, length);
    const known = this.found.get(id);
    if (known === undefined || length > known.length) this.found.set(id, { length, count: 1 });
    else if (length === known.length) known.count++;
  }

  /** In no order. */
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
