import type { EntryInfo } from './backend';

/** When the quota is reached, the store is emptied to this share of it, so that the next puts need no eviction. */
const FILL_AFTER_EVICTION = 0.9;

/** Embeddings may fill this share of the quota before they are evicted like states. */
const EMBEDDING_SHARE = 0.25;

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
 * What to evict for `bytes` more: the least recently used first. Embeddings stay while there are states, because they are small
 * and expensive, unless they have grown to a quarter of the quota (otherwise those of deleted texts would stay for ever).
 */
function evict(entries: readonly Entry[], bytes: number, quota: number): { gone: Buffer[]; left: number } {
  let left = bytes;
  let embeddings = 0;
  for (const { info } of entries) {
    left += info.bytes;
    if (info.kind === 'embedding') embeddings += info.bytes;
  }
  const gone = new Set<Buffer>();
  if (left <= quota) return { gone: [], left };
  const oldest = entries.toSorted((a, b) => a.info.lastUsed - b.info.lastUsed);
  const drop = ({ key, info }: Entry): void => {
    gone.add(key);
    left -= info.bytes;
  };
  const isFull = (): boolean => left > quota * FILL_AFTER_EVICTION;
  for (const entry of oldest) {
    if (entry.info.kind !== 'embedding' || embeddings <= quota * EMBEDDING_SHARE || !isFull()) continue;
    embeddings -= entry.info.bytes;
    drop(entry);
  }
  for (const isEmbedding of [false, true]) {
    for (const entry of oldest) {
      if (!isFull()) break;
      if ((entry.info.kind === 'embedding') === isEmbedding && !gone.has(entry.key)) drop(entry);
    }
  }
  return { gone: [...gone], left };
}
