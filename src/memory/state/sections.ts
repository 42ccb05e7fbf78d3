import { crc32 } from 'node:zlib';

/**
 * Incremented with every change of what stored states and notes contain. It is part of the chain keys, so that old ones are never looked
 * up.
 */
export const CODEC_VERSION = 3;

/**
 * The format: magic u32, codec version u32, checksum of everything that follows (CRC-32) u32, then model id (u16 length,
 * UTF-8), position u32, section count u32, and the sections: name (u16 length, UTF-8), type u8 (0 = f32, 1 = u32, 2 =
 * i8, 3 = u16), element count u32, elements. All little endian.
 */
const HEAD_BYTES = 12;

const types = [Float32Array, Uint32Array, Int8Array, Uint16Array] as const;

export type Elements = Float32Array | Uint32Array | Int8Array | Uint16Array;

/** Kind of a model's blob. */
export type Magic = 'MMST' | 'MMNL';

/** A blob with a correct checksum but unexpected content. */
export class Misfit extends Error {}

/** Encodes named arrays. */
export function writeSections(
  magic: Magic,
  modelId: string,
  position: number,
  sections: readonly (readonly [string, Elements])[],
): Buffer {
  const id = Buffer.from(modelId, 'utf8');
  let length = HEAD_BYTES + 2 + id.length + 8;
  for (const [name, data] of sections) length += 2 + name.length + 5 + data.byteLength;
  const bytes = Buffer.allocUnsafe(length);
  bytes.write(magic, 0, 'latin1');
  let at = bytes.writeUInt32LE(CODEC_VERSION, 4) + 4;
  at = bytes.writeUInt16LE(id.length, at);
  at += id.copy(bytes, at);
  at = bytes.writeUInt32LE(position, at);
  at = bytes.writeUInt32LE(sections.length, at);
  for (const [name, data] of sections) {
    at = bytes.writeUInt16LE(name.length, at);
    at += bytes.write(name, at, 'latin1');
    at = bytes.writeUInt8(
      types.findIndex((type) => data instanceof type),
      at,
    );
    at = bytes.writeUInt32LE(data.length, at);
    at += Buffer.from(data.buffer, data.byteOffset, data.byteLength).copy(bytes, at);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES)), 8);
  return bytes;
}

/** The arrays of a blob, by name. */
export class Sections {
  private constructor(
    readonly position: number,
    private readonly sections: ReadonlyMap<string, { tag: number; data: Buffer }>,
  ) {}

  /** Never throws for bad bytes. @returns the sections, or why they are unusable */
  static read(bytes: Buffer, magic: Magic, modelId: string): Sections | { reason: string } {
    if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, 4) !== magic) {
      return { reason: magic === 'MMST' ? 'it is not a stored state' : 'it holds no notes' };
    }
    const version = bytes.readUInt32LE(4);
    if (version !== CODEC_VERSION) {
      return { reason: `it has format ${version}, and this version of MemMamba reads format ${CODEC_VERSION}` };
    }
    if (crc32(bytes.subarray(HEAD_BYTES)) !== bytes.readUInt32LE(8)) return { reason: 'its checksum is wrong' };
    try {
      return Sections.readBody(bytes, modelId);
    } catch (error) {
      // Only a faulty writer gets here, since the checksum is right.
      if (error instanceof RangeError) return { reason: 'it is truncated' };
      throw error;
    }
  }

  private static readBody(bytes: Buffer, modelId: string): Sections | { reason: string } {
    let at = HEAD_BYTES;
    const text = (): string => {
      const length = bytes.readUInt16LE(at);
      at += 2 + length;
      return bytes.toString('utf8', at - length, at);
    };
    const u32 = (): number => bytes.readUInt32LE((at += 4) - 4);
    const id = text();
    if (id !== modelId) return { reason: `it belongs to another model (${id.slice(0, 12)})` };
    const position = u32();
    const sections = new Map<string, { tag: number; data: Buffer }>();
    for (let left = u32(); left > 0; left--) {
      const name = text();
      const tag = bytes.readUInt8(at++);
      const length = (types[tag]?.BYTES_PER_ELEMENT ?? 4) * u32();
      if (at + length > bytes.length) return { reason: 'it is truncated' };
      sections.set(name, { tag, data: bytes.subarray(at, at + length) });
      at += length;
    }
    return new Sections(position, sections);
  }

  /** Elements of an array; 0 when there is none of that name. */
  lengthOf(name: string): number {
    const section = this.sections.get(name);
    return section === undefined ? 0 : section.data.length / types[section.tag]!.BYTES_PER_ELEMENT;
  }

  /** Copies an array. @throws Misfit when it is missing, or of another type or length */
  copy<T extends Elements>(name: string, into: T): T {
    const section = this.sections.get(name);
    if (section?.data.length !== into.byteLength || !(into instanceof types[section.tag]!)) {
      throw new Misfit(`its section ${name} does not match this model`);
    }
    section.data.copy(Buffer.from(into.buffer, into.byteOffset, into.byteLength));
    return into;
  }
}
