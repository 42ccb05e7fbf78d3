import { constants, type Stats } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { errors, fileSystemError, systemCode, throwIfAborted, UserError } from '../../common';
import { SNIFF_BYTES, binaryReason, detectEncoding, toUtf8, type Encoding } from './encoding';
import { refusedBecause } from './gate';
import { redactKeysInBytes } from './keys';

/** Larger files are refused with a visible reason unless the user raises the limit. Bytes. */
export const DEFAULT_MAX_BYTES = 64_000_000;

/** Read in pieces of this size, so that reading a large file can be cancelled. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** A file's text, ready for the tokenizer. */
export interface Source {
  /** The path as given by the user. */
  path: string;
  basename: string;
  /** UTF-8 without a byte order mark and without keys. Invalid sequences are kept. */
  bytes: Uint8Array;
  encoding: Encoding;
  /** Remarks for the user about how the file was read, e.g. that it was converted from UTF-16. */
  notes: string[];
}

export interface ReadSourceOptions {
  /** Limit in bytes; default {@link DEFAULT_MAX_BYTES}. */
  maxBytes?: number;
  /** Folders that links must not lead out of; undefined for a path named by the user. */
  within?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Reads a file's text from disk.
 *
 * @throws UserError file-missing, no-permission, file-is-folder, not-a-file, link-loop, file-empty, file-binary, file-too-large,
 * file-secret, file-outside, file-vanished or read-failed
 */
export async function readSource(path: string, options: ReadSourceOptions = {}): Promise<Source> {
  const real = await realpath(path).catch((error: unknown) => {
    throw fileSystemError(path, error);
  });
  const refusal = await refusedBecause(path, real, options.within);
  if (refusal) throw errors.fileRefused(path, refusal);
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK, opening a pipe would block until there is a writer; O_NOFOLLOW, because a file may have become a
    // link after it passed the gate.
    handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    // Sockets cannot be opened at all.
    if (systemCode(error) === 'ENXIO') throw errors.notAFile(path);
    throw fileSystemError(path, error);
  }
  try {
    const bytes = await readAll(handle, path, options);
    const encoding = detectEncoding(bytes);
    const text = toUtf8(bytes, encoding);
    if (text.length === 0) throw errors.fileEmpty(path);
    const redacted = redactKeysInBytes(text);
    const notes = [...encodingNotes(encoding), ...(redacted === text ? [] : ['keys in it were left out'])];
    return { path, basename: basename(path), bytes: redacted, encoding, notes };
  } catch (error) {
    if (error instanceof UserError || options.signal?.aborted === true) throw error;
    throw fileSystemError(path, error);
  } finally {
    await handle.close();
  }
}

async function readAll(handle: FileHandle, path: string, options: ReadSourceOptions): Promise<Uint8Array> {
  const info: Stats = await handle.stat();
  if (info.isDirectory()) throw errors.fileIsFolder(path);
  if (!info.isFile()) throw errors.notAFile(path);
  if (info.size === 0) throw errors.fileEmpty(path);
  const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
  if (info.size > limit) throw errors.fileTooLarge(path, info.size, limit);

  const bytes = Buffer.allocUnsafe(info.size);
  let filled = 0;
  while (filled < info.size) {
    throwIfAborted(options.signal);
    // The first piece is small: a large binary is refused without being read.
    const length = filled === 0 ? SNIFF_BYTES : CHUNK_BYTES;
    const { bytesRead } = await handle.read(bytes, filled, Math.min(length, info.size - filled), filled);
    if (bytesRead === 0) throw errors.fileVanished(path);
    if (filled === 0) {
      const why = binaryReason(bytes.subarray(0, bytesRead));
      if (why !== undefined) throw errors.fileBinary(path, why);
    }
    filled += bytesRead;
  }
  return bytes;
}

function encodingNotes(encoding: Encoding): string[] {
  switch (encoding) {
    case 'utf-8':
      return [];
    case 'utf-8-bom':
      return ['the byte order mark was left out'];
    case 'utf-16le':
      return ['converted from UTF-16 (little endian)'];
    case 'utf-16be':
      return ['converted from UTF-16 (big endian)'];
  }
}

/** Whether the path names a folder; a UserError when it names nothing readable. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileSystemError(path, error);
  }
}
