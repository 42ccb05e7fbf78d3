import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../common';

const DATA_FILE = 'data.mdb';
const MAGIC = 0xbeefc0de;

/** Offsets in LMDB's meta page (format version 2, 64-bit), in bytes. */
const meta = { magic: 24, version: 28, pageSize: 48, lastPage: 144, transaction: 152, bytes: 160 } as const;

/**
 * Why an LMDB file must not be opened, or undefined when it is absent or looks intact. LMDB maps the file into memory and
 * follows the page numbers in it: a truncated or overwritten file ends the process with a bus error, so the two meta pages are
 * checked first. (Damage inside a state is found by the state's own checksum.)
 */
export async function damage(folder: string): Promise<string | undefined> {
  let file;
  try {
    file = await open(join(folder, DATA_FILE), 'r');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size === 0) return undefined;
    const first = await metaPage(file, 0);
    if (first === undefined) return 'its first page does not belong to a memory store';
    const second = await metaPage(file, first.pageSize);
    if (second === undefined) return 'its second page does not belong to a memory store';
    const newest = second.transaction > first.transaction ? second : first;
    const needed = (newest.lastPage + 1n) * BigInt(first.pageSize);
    if (BigInt(size) < needed) return `it has ${size} bytes where it needs ${needed.toString()}`;
    return undefined;
  } finally {
    await file.close();
  }
}

async function metaPage(
  file: { read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> },
  position: number,
): Promise<{ pageSize: number; lastPage: bigint; transaction: bigint } | undefined> {
  const page = Buffer.alloc(meta.bytes);
  const { bytesRead } = await file.read(page, 0, meta.bytes, position);
  if (bytesRead < meta.bytes || page.readUInt32LE(meta.magic) !== MAGIC) return undefined;
  const pageSize = page.readUInt32LE(meta.pageSize);
  const isPowerOfTwo = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
  if (!isPowerOfTwo) return undefined;
  return {
    pageSize,
    lastPage: page.readBigUInt64LE(meta.lastPage),
    transaction: page.readBigUInt64LE(meta.transaction),
  };
}
