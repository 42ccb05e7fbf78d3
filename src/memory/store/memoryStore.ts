import { describeError, errors, silentLogger, type Logger } from '../../common';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend, EntryInfo } from './backend';
import { unmarkOpen } from './crashCheck';
import { Room } from './eviction';
import { markDamaged, openBackend, type StoreMode } from './openBackend';

/** Default quota for states: some 600 states, or 25 large files. Bytes. */
export const DEFAULT_QUOTA = 2_000_000_000;

/** Without a disk, states may take this much memory. Bytes. */
const HEAP_QUOTA = 256_000_000;

export interface MemoryStoreOptions {
  quotaBytes?: number;
  /** Receives warnings (a read-only folder, a full disk, a damaged store) at once; they are also kept in `warnings`. */
  log?: Logger;
}

/** The store's own part of the cache folder, set aside as a whole when it is damaged. */
const STATES_FOLDER = 'store-3';

/** What earlier versions kept there: in forms that nobody reads any more, with paths in them. */
const OLD_FOLDERS = ['states'];

/** The caller's metadata for an entry: a state, unless `kind` says otherwise. */
export type StateMeta = Pick<EntryInfo, 'position' | 'modelId' | 'kind'> & { label: string };

/** An entry to store. */
export interface StoreEntry {
  key: Buffer;
  blob: Buffer;
  meta: StateMeta;
}

export interface StoreStats {
  folder: string;
  mode: StoreMode;
  states: number;
  bytes: number;
  quotaBytes: number;
  /** Number of documents that have states here. */
  documents: number;
  /** Usage by model, largest first. */
  models: { modelId: string; states: number; bytes: number }[];
}

/**
 * The states on disk, by key, within a quota: when it is reached, the least recently used states are evicted. Everything here
 * can be recomputed by reading, so a failing disk is never an error: the store continues without it and says so.
 */
export class MemoryStore {
  readonly warnings: string[] = [];
  /** Uses not written yet: they are saved with the next write instead of costing one each. */
  private readonly uses = new Map<string, { time: number; label: string | undefined }>();
  private writeFailed = false;
  private isDamaged = false;
  private quotaTooSmall = false;
  private readonly room: Room;

  private constructor(
    readonly folder: string,
    private readonly backend: Backend,
    private readonly openedMode: StoreMode,
    readonly quotaBytes: number,
    private readonly log: Logger,
  ) {
    this.room = new Room(quotaBytes, () => backend.entries());
  }

  /**
   * Opens the store in a folder, creating it if needed. Falls back to read-only or to memory with a warning; never throws for the
   * disk.
   */
  static async open(folder: string, options: MemoryStoreOptions = {}): Promise<MemoryStore> {
    const { backend, mode, warnings } = await openBackend(join(folder, STATES_FOLDER));
    if (mode === 'disk') {
      for (const old of OLD_FOLDERS)
        await rm(join(folder, old), { recursive: true, force: true }).catch(() => undefined);
    }
    const quota = options.quotaBytes ?? DEFAULT_QUOTA;
    const limit = mode === 'memory' ? Math.min(quota, HEAP_QUOTA) : quota;
    const store = new MemoryStore(folder, backend, mode, limit, options.log ?? silentLogger);
    for (const warning of warnings) store.report(warning);
    return store;
  }

  /** Where states are stored now. A store whose disk refused a write counts as read-only from then on. */
  get mode(): StoreMode {
    return this.writeFailed ? 'read-only' : this.openedMode;
  }

  /** Whether states put here outlive the process; false as soon as one could not be kept. */
  get isPersistent(): boolean {
    return this.mode === 'disk' && !this.quotaTooSmall;
  }

  has(key: Buffer): boolean {
    return this.lookUp(() => this.backend.has(key)) ?? false;
  }

  /** The stored bytes; counts as a use of the state by the document called `label`. */
  get(key: Buffer, label?: string): Buffer | undefined {
    const blob = this.lookUp(() => this.backend.get(key));
    if (blob !== undefined) this.uses.set(key.toString('hex'), { time: Date.now(), label: label && digestOf(label) });
    return blob;
  }

  /**
   * Stores a state. Returns whether it was kept: false when the store is read-only, the disk refuses, or the state alone exceeds
   * the quota; the reason is in `warnings`.
   */
  put(key: Buffer, blob: Buffer, meta: StateMeta): boolean {
    return this.putAll([{ key, blob, meta }]);
  }

  /**
   * Like {@link put}, for several entries that are kept all or none.
   *
   * @param evicts whether others may be evicted for them; otherwise no states are kept in a full store
   */
  putAll(entries: readonly StoreEntry[], evicts = true): boolean {
    if (this.mode === 'read-only') return false;
    const bytes = entries.reduce((sum, { blob }) => sum + blob.length, 0);
    if (bytes > this.quotaBytes) {
      const why = `one state has ${bytes} bytes, more than the quota of ${this.quotaBytes}: it is not stored`;
      if (!this.quotaTooSmall) this.report(why);
      this.quotaTooSmall = true;
      return false;
    }
    const keys = entries.map(({ key }) => key);
    if (!evicts && !this.room.isFor(bytes)) {
      this.putAll(entries.filter(({ meta }) => meta.kind === 'embedding'));
      return false;
    }
    return this.attempt(() => {
      this.writeUses();
      for (const old of this.room.make(keys, bytes)) this.backend.remove(old);
      for (const { key, blob, meta } of entries) {
        const { label, ...about } = meta;
        const before = this.backend.info(key);
        const labels = [...new Set(before?.labels).add(digestOf(label))];
        const uses = before?.uses ?? 1;
        this.backend.put(key, blob, { bytes: blob.length, lastUsed: Date.now(), uses, labels, ...about });
      }
    });
  }

  /** Whether a stored state has no other label than this one. */
  isOnlyUsedBy(key: Buffer, label: string): boolean {
    const labels = [
      ...(this.lookUp(() => this.backend.info(key))?.labels ?? []),
      this.uses.get(key.toString('hex'))?.label ?? digestOf(label),
    ];
    return labels.every((other) => other === digestOf(label));
  }

  /** Drops one state, if it is there. */
  remove(key: Buffer): void {
    if (this.mode === 'read-only') return;
    this.uses.delete(key.toString('hex'));
    this.attempt(() => this.backend.remove(key));
  }

  /** Reports a problem with the store or a state in it. */
  report(warning: string): void {
    this.warnings.push(warning);
    this.log.warn(warning);
  }

  stats(): StoreStats {
    const models = new Map<string, { modelId: string; states: number; bytes: number }>();
    const documents = new Set<string>();
    let states = 0;
    let bytes = 0;
    for (const { info } of this.lookUp(() => [...this.backend.entries()]) ?? []) {
      bytes += info.bytes;
      for (const label of info.labels) documents.add(label);
      const model = models.get(info.modelId) ?? { modelId: info.modelId, states: 0, bytes: 0 };
      if (info.kind === undefined) {
        states++;
        model.states++;
      }
      model.bytes += info.bytes;
      models.set(info.modelId, model);
    }
    return {
      folder: this.folder,
      mode: this.mode,
      states,
      bytes,
      quotaBytes: this.quotaBytes,
      documents: documents.size,
      models: [...models.values()].sort((a, b) => b.bytes - a.bytes),
    };
  }

  /**
   * Forgets a document: removes its label, and the states that no other document uses.
   *
   * @returns how many states were dropped
   * @throws UserError store-read-only
   */
  forget(label: string): number {
    const digest = digestOf(label);
    return this.change(() => {
      let dropped = 0;
      for (const { key, info } of [...this.backend.entries()]) {
        if (!info.labels.includes(digest)) continue;
        const labels = info.labels.filter((other) => other !== digest);
        if (labels.length === 0) {
          this.backend.remove(key);
          if (info.kind === undefined) dropped++;
        } else {
          this.backend.setInfo(key, { ...info, labels });
        }
      }
      return dropped;
    });
  }

  /**
   * Forgets everything.
   *
   * @returns how many states were dropped
   * @throws UserError store-read-only
   */
  clear(): number {
    return this.change(() => {
      const all = [...this.backend.entries()];
      for (const { key } of all) this.backend.remove(key);
      return all.filter(({ info }) => info.kind === undefined).length;
    });
  }

  /** Writes what is still pending and closes the file. */
  async close(): Promise<void> {
    if (this.uses.size > 0 && this.mode !== 'read-only') this.attempt(() => this.writeUses());
    await this.backend.close();
    unmarkOpen(join(this.folder, STATES_FOLDER));
  }

  private change(work: () => number): number {
    if (this.mode === 'read-only') throw errors.storeReadOnly(this.folder);
    this.room.forget();
    try {
      return this.backend.write(() => {
        this.writeUses();
        return work();
      });
    } catch (error) {
      throw errors.storeUnavailable(this.folder, error);
    }
  }

  /** Reads from the file; what cannot be read counts as absent. */
  private lookUp<T>(work: () => T): T | undefined {
    if (this.isDamaged) return undefined;
    try {
      return work();
    } catch (error) {
      this.abandon(error);
      return undefined;
    }
  }

  /** Stops using a file that is damaged inside. */
  private abandon(error: unknown): void {
    this.isDamaged = true;
    this.writeFailed = true;
    markDamaged(join(this.folder, STATES_FOLDER));
    this.report(
      `the memory store in ${this.folder} is damaged (${describeError(error)}): it will not be used any more in this run, ` +
        'and the next run will set it aside and create a new one',
    );
  }

  /** One transaction. If the disk refuses, the store becomes read-only; reading continues without storing. */
  private attempt(work: () => void): boolean {
    try {
      this.backend.write(work);
      return true;
    } catch (error) {
      if (isDamage(error)) {
        this.abandon(error);
        return false;
      }
      this.writeFailed = true;
      this.report(
        `the memory store in ${this.folder} cannot be written (${describeError(error)}; is the disk full?): ` +
          'what is read from now on will not be stored',
      );
      return false;
    }
  }

  private writeUses(): void {
    for (const [hex, { time, label }] of this.uses) {
      const key = Buffer.from(hex, 'hex');
      const info = this.backend.info(key);
      if (info === undefined) continue;
      const labels = label === undefined || info.labels.includes(label) ? info.labels : [...info.labels, label];
      this.backend.setInfo(key, { ...info, lastUsed: time, uses: info.uses + 1, labels });
    }
    this.uses.clear();
  }
}

/** Whether an error indicates damaged content, rather than a disk that refuses. */
function isDamage(error: unknown): boolean {
  return error instanceof SyntaxError || /MDB_(CORRUPTED|PAGE_)/.test(describeError(error));
}

/** A label as it is stored: no path or name can be read in the store. */
function digestOf(label: string): string {
  return createHash('sha256').update(`memmamba label\0${label}`).digest('base64url').slice(0, 22);
}
