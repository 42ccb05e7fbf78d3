import { crc32 } from 'node:zlib';
import {
  archiveArrays,
  archiveLimit,
  emptyArchiveRows,
  emptyPool,
  initialState,
  type Archive,
  type ReadingEngine,
  type ModelState,
  type NotePool,
  type RecentRows,
} from '../../engine';

/**
 * Incremented with every change of the format below. It is part of the chain keys, so that old states are never looked
 * up.
 */
export const CODEC_VERSION = 2;

const MAGIC = 0x54534d4d; // "MMST", little endian

/**
 * The format: magic u32, codec version u32, checksum of everything that follows (CRC-32) u32, then model id (u16
 * length, UTF-8), position u32, section count u32, and the sections: name (u16 length, UTF-8), type u8 (0 = f32, 1 =
 * u32, 2 = i8), element count u32, elements. All little endian.
 */
const HEAD_BYTES = 12;

/** By type. */
const ELEMENT_BYTES = [4, 4, 1];

type Elements = Float32Array | Uint32Array | Int8Array;

/** One array of a state. Only the first `used` of every `stride` elements are meaningful; the others are unused slots. */
interface Field {
  name: string;
  data: Elements;
  stride: number;
  used: number;
}

/** A decoded state, or why the bytes are unusable. */
export type Decoded = { state: ModelState } | { reason: string };

/** Turns states of one model into bytes and back. */
export class StateCodec {
  constructor(private readonly engine: Pick<ReadingEngine, 'config' | 'modelId'>) {}

  /**
   * Encodes a state. Pools, archives and recent rows are stored only as far as they are filled, so early states are small.
   */
  encode(state: ModelState): Buffer {
    const fields = [...this.fieldsOf(state)];
    const id = Buffer.from(this.engine.modelId, 'utf8');
    let length = HEAD_BYTES + 2 + id.length + 8;
    for (const field of fields) length += 2 + Buffer.byteLength(field.name) + 5 + packedBytes(field);

    const bytes = Buffer.allocUnsafe(length);
    let at = bytes.writeUInt32LE(MAGIC, 0);
    at = bytes.writeUInt32LE(CODEC_VERSION, at) + 4;
    at = bytes.writeUInt16LE(id.length, at);
    at += id.copy(bytes, at);
    at = bytes.writeUInt32LE(state.position, at);
    at = bytes.writeUInt32LE(fields.length, at);
    for (const field of fields) {
      at = bytes.writeUInt16LE(Buffer.byteLength(field.name), at);
      at += bytes.write(field.name, at, 'utf8');
      at = bytes.writeUInt8(typeTag(field.data), at);
      at = bytes.writeUInt32LE(packedLength(field), at);
      for (const line of usedLines(field)) at += asBytes(line).copy(bytes, at);
    }
    bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES)), 8);
    return bytes;
  }

  /** Decodes a state. Never throws for bad bytes: a state that cannot be used counts as absent. */
  decode(bytes: Buffer): Decoded {
    if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== MAGIC) return { reason: 'it is not a stored state' };
    const version = bytes.readUInt32LE(4);
    if (version !== CODEC_VERSION) {
      return { reason: `it is written in form ${version}, and this version of MemMamba reads form ${CODEC_VERSION}` };
    }
    if (crc32(bytes.subarray(HEAD_BYTES)) !== bytes.readUInt32LE(8)) return { reason: 'its checksum is wrong' };
    try {
      return this.decodeBody(bytes);
    } catch (error) {
      // The checksum is right, so only a faulty writer gets here.
      if (error instanceof RangeError) return { reason: 'it ends too early' };
      throw error;
    }
  }

  private decodeBody(bytes: Buffer): Decoded {
    let at = HEAD_BYTES;
    const text = (): string => {
      const length = bytes.readUInt16LE(at);
      at += 2 + length;
      return bytes.toString('utf8', at - length, at);
    };
    const u32 = (): number => bytes.readUInt32LE((at += 4) - 4);

    const id = text();
    if (id !== this.engine.modelId) return { reason: `it belongs to another model (${id.slice(0, 12)})` };
    const position = u32();
    const sections = new Map<string, { tag: number; data: Buffer }>();
    for (let left = u32(); left > 0; left--) {
      const name = text();
      const tag = bytes.readUInt8(at++);
      const length = (ELEMENT_BYTES[tag] ?? 4) * u32();
      if (at + length > bytes.length) return { reason: 'it ends too early' };
      sections.set(name, { tag, data: bytes.subarray(at, at + length) });
      at += length;
    }

    // The initial state gives all shapes but those of pools and archives.
    const blank = initialState(this.engine.config);
    const { config } = this.engine;
    const filled = (name: string): number => (sections.get(`${name}.tokens`)?.data.length ?? 0) / 4;
    const pooled = blank.pools.map((_, j) => filled(`pool.${j}`));
    const archived = blank.archives.map((_, j) => filled(`archive.${j}`));
    // Memory is allocated for as many as it says.
    if (archived.some((count) => count > archiveLimit(config)))
      return { reason: 'its archive does not fit this model' };
    const state: ModelState = {
      ...blank,
      position,
      pools: pooled.map((count) => ({ ...emptyPool(config, count), count })),
      archives: archived.map((count) => ({ count, rows: { ...emptyArchiveRows(config, count), used: count } })),
      recent: blank.recent.map((rows, j) => ({ ...rows, count: filled(`recent.${j}`) })),
    };
    for (const field of this.fieldsOf(state)) {
      const section = sections.get(field.name);
      const fits = section?.tag === typeTag(field.data) && section.data.length === packedBytes(field);
      if (!fits || field.used > field.stride) return { reason: `its part ${field.name} does not fit this model` };
      let from = 0;
      for (const line of usedLines(field)) from += section.data.copy(asBytes(line), 0, from);
    }
    return { state };
  }

  /** Every array of a state, in the order in which they are stored. */
  private *fieldsOf(state: ModelState): Generator<Field> {
    const whole = (name: string, data: Elements): Field => ({ name, data, stride: data.length, used: data.length });
    for (const [i, data] of state.conv.entries()) yield whole(`conv.${i}`, data);
    for (const [i, data] of state.ssm.entries()) yield whole(`ssm.${i}`, data);
    for (const [j, data] of state.shift.entries()) yield whole(`shift.${j}`, data);
    for (const [j, pool] of state.pools.entries()) {
      yield { name: `pool.${j}.positions`, data: pool.positions, stride: pool.positions.length, used: pool.count };
      yield* this.rowFields(`pool.${j}`, pool);
    }
    for (const [j, archive] of state.archives.entries()) yield* archiveFields(`archive.${j}`, archive);
    for (const [j, rows] of state.recent.entries()) yield* this.rowFields(`recent.${j}`, rows);
  }

  /** Keys are [head, element, slot], values [head, slot, element], the rest one element per slot. */
  private *rowFields(name: string, rows: NotePool | RecentRows): Generator<Field> {
    const { count } = rows;
    const capacity = rows.bias.length;
    const width = this.engine.config.noteHeadDim;
    yield { name: `${name}.tokens`, data: rows.tokens, stride: capacity, used: count };
    yield { name: `${name}.scores`, data: rows.scores, stride: capacity, used: count };
    yield { name: `${name}.bias`, data: rows.bias, stride: capacity, used: count };
    yield { name: `${name}.key`, data: rows.key, stride: capacity, used: count };
    yield { name: `${name}.value`, data: rows.value, stride: capacity * width, used: count * width };
  }
}

/** Its first notes are a prefix of each array. Nothing when it is empty. */
function* archiveFields(name: string, { count, rows }: Archive): Generator<Field> {
  if (count === 0) return;
  for (const [part, data] of Object.entries(archiveArrays(rows))) {
    yield { name: `${name}.${part}`, data, stride: data.length, used: (data.length / rows.positions.length) * count };
  }
}

function typeTag(data: Elements): number {
  return data instanceof Float32Array ? 0 : data instanceof Uint32Array ? 1 : 2;
}

function packedLength({ data, stride, used }: Field): number {
  return stride === 0 ? 0 : (data.length / stride) * used;
}

function packedBytes(field: Field): number {
  return field.data.BYTES_PER_ELEMENT * packedLength(field);
}

/** Views of the used part of each line of an array. */
function* usedLines({ data, stride, used }: Field): Generator<Elements> {
  if (used === 0) return;
  for (let start = 0; start < data.length; start += stride) yield data.subarray(start, start + used);
}

function asBytes(data: Elements): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
