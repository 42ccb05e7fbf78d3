import { crc32 } from 'node:zlib';
import type { PieceVectors } from './pieces';

/**
 * Incremented with every change of the format below or of what a piece is. It is part of the records' keys, so that old ones are never
 * found.
 */
export const PIECES_VERSION = 1;

const MAGIC = 0x50534d4d; // "MMSP", little endian

/**
 * The format: magic u32, version u32, CRC-32 of everything that follows u32, width u32, pieces u32, scales f32 each, values i8 each.
 * All little endian.
 */
const HEAD_BYTES = 20;

/** The pieces `from`..`to` (exclusive) as bytes. */
export function encodePieces({ values, scales }: PieceVectors, width: number, from: number, to: number): Buffer {
  const count = to - from;
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + count * (4 + width));
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(PIECES_VERSION, 4);
  bytes.writeUInt32LE(width, 12);
  bytes.writeUInt32LE(count, 16);
  for (let i = 0; i < count; i++) bytes.writeFloatLE(scales[from + i]!, HEAD_BYTES + 4 * i);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset + from * width, count * width), HEAD_BYTES + 4 * count);
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8);
  return bytes;
}

/**
 * Decodes pieces into their places `from`..`to`. Never throws for bad bytes.
 *
 * @returns why the bytes cannot be used (then nothing is written), or undefined
 */
export function decodePieces(
  bytes: Buffer,
  into: PieceVectors,
  width: number,
  from: number,
  to: number,
): string | undefined {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== MAGIC) return 'it holds no embeddings';
  if (bytes.readUInt32LE(4) !== PIECES_VERSION) return `it has format ${bytes.readUInt32LE(4)}`;
  if (crc32(bytes.subarray(12)) !== bytes.readUInt32LE(8)) return 'its checksum is wrong';
  const count = to - from;
  const fits = bytes.readUInt32LE(12) === width && bytes.readUInt32LE(16) === count;
  if (!fits || bytes.length !== HEAD_BYTES + count * (4 + width)) return 'it does not match its text';
  for (let i = 0; i < count; i++) into.scales[from + i] = bytes.readFloatLE(HEAD_BYTES + 4 * i);
  const values = bytes.subarray(HEAD_BYTES + 4 * count);
  into.values.set(new Int8Array(values.buffer, values.byteOffset, values.length), from * width);
  return undefined;
}
