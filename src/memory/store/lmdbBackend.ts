import { open, type Database, type RootDatabase } from 'lmdb';
import type { Backend, EntryInfo } from './backend';

/** Address space reserved for the file, not disk space. Far above any quota. */
const MAP_BYTES = 64 * 2 ** 30;

/**
 * The version of the layout of the tables below. A file with a higher number was written by a newer MemMamba and is
 * left alone.
 */
const FORMAT = 1;

/** The file was written by a newer version of this program. */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError';
}

/**
 * Entries in an LMDB file: one table with the states, one with their metadata. Several processes may have the file open; LMDB lets
 * one of them write at a time.
 *
 * Only synchronous transactions are used: the asynchronous ones of lmdb-js leave unhandled rejections behind when the disk is full.
 */
export class LmdbBackend implements Backend {
  private constructor(
    private readonly root: RootDatabase,
    private readonly states: Database<Buffer, Buffer>,
    private readonly infos: Database<EntryInfo, Buffer>,
  ) {}

  /**
   * Opens or creates the file in a folder. Check the file with `damage` first: LMDB trusts what it maps into memory, and a
   * damaged file would crash the process.
   *
   * @throws NewerFormatError, or LMDB's own error
   */
  static open(folder: string, readOnly: boolean): LmdbBackend {
    const root: RootDatabase = open({
      path: folder,
      mapSize: MAP_BYTES,
      maxDbs: 4,
      noMemInit: true,
      compression: false,
      readOnly,
    });
    try {
      const about = root.openDB<number, string>('about', { encoding: 'json' });
      const format = about.get('format');
      if (format !== undefined && format > FORMAT) throw new NewerFormatError(`format ${format}`);
      if (format === undefined && !readOnly) about.putSync('format', FORMAT);
      return new LmdbBackend(
        root,
        root.openDB<Buffer, Buffer>('states', { encoding: 'binary', keyEncoding: 'binary' }),
        root.openDB<EntryInfo, Buffer>('entries', { encoding: 'json', keyEncoding: 'binary' }),
      );
    } catch (error) {
      void root.close();
      throw error;
    }
  }

  get(key: Buffer): Buffer | undefined {
    return this.states.getBinary(key);
  }

  has(key: Buffer): boolean {
    return this.states.doesExist(key);
  }

  info(key: Buffer): EntryInfo | undefined {
    return this.infos.get(key);
  }

  *entries(): Iterable<{ key: Buffer; info: EntryInfo }> {
    // The keys are copied: lmdb-js reuses their memory.
    for (const { key, value } of this.infos.getRange()) yield { key: Buffer.from(key), info: value };
  }

  put(key: Buffer, blob: Buffer, info: EntryInfo): void {
    this.states.putSync(key, blob);
    this.infos.putSync(key, info);
  }

  setInfo(key: Buffer, info: EntryInfo): void {
    this.infos.putSync(key, info);
  }

  remove(key: Buffer): void {
    this.states.removeSync(key);
    this.infos.removeSync(key);
  }

  write<T>(work: () => T): T {
    return this.root.transactionSync(work);
  }

  close(): Promise<void> {
    return this.root.close();
  }
}
