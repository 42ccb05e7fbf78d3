import type { EntryInfo } from './backend';

/** When the quota is reached, the store is emptied to this share of it, so that the next puts need no eviction. */
const FILL_AFTER_EVICTION = 0.9;

/** Embeddings unused for so long go first: those of folders that nobody opens any more, and of texts that are gone. 90 days in milliseconds. */
const KEPT_EMBEDDINGS = 90 * 86_400_000;

/** A document unused for so long is worth half. A week in milliseconds. */
const HALF_LIFE = 7 * 86_400_000;

/** Entries are counted again after this time, since other processes write, too. Milliseconds. */
const RECOUNT = 10_000;

/** Up to this share of the quota, a slightly old count is good enough. */
const NEARLY_FULL = 0.98;

interface Entry {
  key: Buffer;
  info: EntryInfo;
}

/** Tracks how full the store is, and what to evict. */
export class Room {
  private counted: { bytes: number; at: number } | undefined;

  constructor(
    private readonly quotaBytes: number,
    private readonly entries: () => Iterable<Entry>,
  ) {}

  /** Entries were removed, or changed by someone else: count again. */
  forget(): void {
    this.counted = undefined;
  }

  /** Whether there is room for so much more without evicting anything. */
  isFor(bytes: number): boolean {
    if (!this.counted || performance.now() - this.counted.at >= RECOUNT) {
      let sum = 0;
      for (const { info } of this.entries()) sum += info.bytes;
      this.counted = { bytes: sum, at: performance.now() };
    }
    return this.counted.bytes + bytes <= NEARLY_FULL * this.quotaBytes;
  }

  /**
   * Makes room for entries under these keys.
   *
   * @returns keys of the entries to evict
   */
  make(keys: readonly Buffer[], bytes: number): Buffer[] {
    const now = performance.now();
    const { counted, quotaBytes } = this;
    if (counted && now - counted.at < RECOUNT && counted.bytes + bytes <= NEARLY_FULL * quotaBytes) {
      counted.bytes += bytes;
      return [];
    }
    const replaced = new Set(keys.map((key) => key.toString('hex')));
    const others = [...this.entries()].filter(({ key }) => !replaced.has(key.toString('hex')));
    const { gone, left } = evict(others, bytes, quotaBytes);
    this.counted = { bytes: left, at: now };
    return gone;
  }
}

/**
 * What to evict for `bytes` more: embeddings that nobody has used for a long time, then the states of whole documents (a state is worth
 * nothing without its notes), those of the least value first. Other embeddings stay while there are states, because they are small, and
 * as expensive.
 */
function evict(entries: readonly Entry[], bytes: number, quota: number): { gone: Buffer[]; left: number } {
  let left = entries.reduce((sum, { info }) => sum + info.bytes, bytes);
  if (left <= quota) return { gone: [], left };
  const gone: Buffer[] = [];
  const now = Date.now();
  const embeddings = entries
    .filter(({ info }) => info.kind === 'embedding')
    .sort((a, b) => a.info.lastUsed - b.info.lastUsed);
  const old = embeddings.filter(({ info }) => now - info.lastUsed > KEPT_EMBEDDINGS);
  const groups = [
    ...old.map((entry) => [entry]),
    ...documents(entries, now),
    ...embeddings.slice(old.length).map((entry) => [entry]),
  ];
  for (const group of groups) {
    if (left <= quota * FILL_AFTER_EVICTION) break;
    for (const { key, info } of group) {
      gone.push(key);
      left -= info.bytes;
    }
  }
  return { gone, left };
}

/** States and notes by document, those of the least value first: tokens to read again × uses ÷ bytes, and half of that after some days without use. */
function documents(entries: readonly Entry[], now: number): Entry[][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.info.kind === 'embedding') continue;
    const document = entry.info.labels[0] ?? entry.key.toString('hex');
    groups.set(document, [...(groups.get(document) ?? []), entry]);
  }
  const value = (group: readonly Entry[]): number => {
    const most = (pick: (info: EntryInfo) => number): number => Math.max(...group.map(({ info }) => pick(info)));
    const bytes = group.reduce((sum, { info }) => sum + info.bytes, 0);
    const age = now - most(({ lastUsed }) => lastUsed);
    return ((most(({ position }) => position) * most(({ uses }) => uses)) / bytes) * 2 ** (-age / HALF_LIFE);
  };
  return [...groups.values()]
    .map((group) => ({ group, value: value(group) }))
    .sort((a, b) => a.value - b.value)
    .map(({ group }) => group);
}
