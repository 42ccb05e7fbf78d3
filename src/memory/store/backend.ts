/** Metadata of a stored state. */
export interface EntryInfo {
  /** Size of the state in bytes. */
  bytes: number;
  /** Milliseconds since 1970 of the last read or write. */
  lastUsed: number;
  /** How often it was written or read. */
  uses: number;
  /** Documents that use the entry: digests of their labels, for `forget`. */
  labels: string[];
  /** Number of tokens the state has read. */
  position: number;
  modelId: string;
  /** Omitted for a state. */
  kind?: 'embedding' | 'notes';
}

/** Stores entries under 32-byte keys. All calls are synchronous: an entry is durable when `put` returns. */
export interface Backend {
  get(key: Buffer): Buffer | undefined;
  has(key: Buffer): boolean;
  info(key: Buffer): EntryInfo | undefined;
  entries(): Iterable<{ key: Buffer; info: EntryInfo }>;
  /** Only inside {@link write}. */
  put(key: Buffer, blob: Buffer, info: EntryInfo): void;
  /** Only inside {@link write}. Updates the metadata of an existing entry. */
  setInfo(key: Buffer, info: EntryInfo): void;
  /** Only inside {@link write}. */
  remove(key: Buffer): void;
  /** Runs changes as one transaction: all of them happen, or none and the error is thrown. */
  write<T>(work: () => T): T;
  close(): Promise<void>;
}

/** Keeps entries for the life of the process, when the disk cannot be used. */
export class HeapBackend implements Backend {
  private readonly kept = new Map<string, { blob: Buffer; info: EntryInfo }>();

  get(key: Buffer): Buffer | undefined {
    return this.kept.get(key.toString('hex'))?.blob;
  }

  has(key: Buffer): boolean {
    return this.kept.has(key.toString('hex'));
  }

  info(key: Buffer): EntryInfo | undefined {
    return this.kept.get(key.toString('hex'))?.info;
  }

  *entries(): Iterable<{ key: Buffer; info: EntryInfo }> {
    for (const [key, { info }] of this.kept) yield { key: Buffer.from(key, 'hex'), info };
  }

  put(key: Buffer, blob: Buffer, info: EntryInfo): void {
    this.kept.set(key.toString('hex'), { blob, info });
  }

  setInfo(key: Buffer, info: EntryInfo): void {
    const entry = this.kept.get(key.toString('hex'));
    if (entry) entry.info = info;
  }

  remove(key: Buffer): void {
    this.kept.delete(key.toString('hex'));
  }

  write<T>(work: () => T): T {
    return work();
  }

  close(): Promise<void> {
    this.kept.clear();
    return Promise.resolve();
  }
}
