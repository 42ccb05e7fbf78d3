/**
 * Holds what was used last, up to a limit: what was used longest ago goes first. The newest stays, however much it weighs. No
 * value is `undefined`.
 */
export class RecencyCache<K, V> {
  /** In the order of their last use. */
  private readonly entries = new Map<K, V>();
  private held = 0;

  /** @param weigh what a value takes of the limit, always the same; left out: each takes one */
  constructor(
    private readonly limit: number,
    private readonly weigh: (value: V) => number = () => 1,
  ) {}

  /** What all values weigh together. */
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
