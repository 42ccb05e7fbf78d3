/**
 * A least-recently-used cache with a weight limit. The newest value stays even if it exceeds the limit. No value may be
 * `undefined`.
 */
export class RecencyCache<K, V> {
  /** Ordered by last use. */
  private readonly entries = new Map<K, V>();
  private held = 0;

  /** @param weigh a value's share of the limit, always the same; default: one each */
  constructor(
    private readonly limit: number,
    private readonly weigh: (value: V) => number = () => 1,
  ) {}

  /** Total weight of all values. */
  get weight(): number {
    return this.held;
  }

  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.entries.set(key, value);
    this.held += this.weigh(value);
    for (const old of this.entries.keys()) {
      if (this.held <= this.limit || old === key) break;
      this.delete(old);
    }
  }

  delete(key: K): void {
    const value = this.entries.get(key);
    if (value === undefined) return;
    this.entries.delete(key);
    this.held -= this.weigh(value);
  }
}
