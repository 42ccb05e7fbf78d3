import type { ModelConfig } from './config';
import type { ModelState, NoteRows } from './state';

/** The largest byte of a group of rounded numbers; the smallest is its negative. */
const TOP = 127;

const oneFloat = new Float32Array(1);
const oneWord = new Uint32Array(oneFloat.buffer);

/** The 16 bits of a scale (the upper half of a float): few enough that `byte * scale` is exact. */
function scaleBits(peak: number): number {
  oneFloat[0] = peak / TOP;
  const bits = (oneWord[0]! + 0x8000) >>> 16;
  // Neither zero nor a finite number has an exponent of all ones.
  return bits < 0x7f80 ? bits : 0;
}

/** A scale from its bits. */
export function scaleOf(bits: number): number {
  oneWord[0] = bits << 16;
  return oneFloat[0]!;
}

/**
 * Numbers as bytes with a scale per group. A scale has few bits, so every product is exact and the largest number of a group always
 * becomes the byte 127: rounding again changes no bit, and packing rounded numbers is lossless.
 */
export interface Packed {
  readonly bytes: Int8Array;
  /** Upper halves of floats; one for each group. */
  readonly scales: Uint16Array;
}

/** Packs one group of `count` numbers, `step` apart. @returns the bits of its scale */
export function packGroup(
  source: Float32Array,
  from: number,
  step: number,
  bytes: Int8Array,
  to: number,
  count: number,
): number {
  let peak = 0;
  for (let i = 0; i < count; i++) peak = Math.max(peak, Math.abs(source[from + i * step]!));
  const bits = scaleBits(peak);
  const scale = scaleOf(bits);
  for (let i = 0; i < count; i++) bytes[to + i] = scale === 0 ? 0 : Math.round(source[from + i * step]! / scale);
  return bits;
}

/** The 16 bits of scales created by {@link scaleOf}. */
export function bitsOf(scales: Float32Array): Uint16Array {
  return Uint16Array.from(new Uint32Array(scales.buffer, scales.byteOffset, scales.length), (word) => word >>> 16);
}

function unpackGroup(
  bytes: Int8Array,
  from: number,
  bits: number,
  target: Float32Array,
  to: number,
  step: number,
  count: number,
): void {
  const scale = scaleOf(bits);
  for (let i = 0; i < count; i++) target[to + i * step] = bytes[from + i]! * scale;
}

/** Rounds numbers in place, with one scale per `group` of them. */
export function roundNumbers(data: Float32Array, group: number): Float32Array {
  const bytes = new Int8Array(group);
  for (let at = 0; at < data.length; at += group) {
    unpackGroup(bytes, 0, packGroup(data, at, 1, bytes, 0, group), data, at, 1, group);
  }
  return data;
}

/** Rounds, in place, the part of a state that every token changes. */
export function roundRecurrent(
  { convChannels, headDim, noteHeadDim }: ModelConfig,
  { conv, ssm, shift }: Pick<ModelState, 'conv' | 'ssm' | 'shift'>,
): void {
  for (const rows of conv) roundNumbers(rows, convChannels);
  for (const rows of ssm) roundNumbers(rows, headDim);
  for (const row of shift) roundNumbers(row, noteHeadDim);
}

/** Rounds the keys and values in the first `count` slots of rows in place, with one scale per head. */
export function roundRows({ noteHeads, noteHeadDim: e }: ModelConfig, rows: NoteRows, count: number): void {
  const slots = rows.bias.length;
  const bytes = new Int8Array(e);
  const round = (data: Float32Array, from: number, step: number): void => {
    unpackGroup(bytes, 0, packGroup(data, from, step, bytes, 0, e), data, from, step, e);
  };
  for (let head = 0; head < noteHeads; head++) {
    for (let slot = 0; slot < count; slot++) {
      round(rows.key, head * e * slots + slot, slots);
      round(rows.value, (head * slots + slot) * e, 1);
    }
  }
}

/** Packs numbers as bytes; lossless if they were rounded with the same groups. */
export function pack(data: Float32Array, group: number): Packed {
  const bytes = new Int8Array(data.length);
  const scales = new Uint16Array(data.length / group);
  for (let i = 0; i < scales.length; i++) scales[i] = packGroup(data, i * group, 1, bytes, i * group, group);
  return { bytes, scales };
}

export function unpack({ bytes, scales }: Packed): Float32Array {
  const data = new Float32Array(bytes.length);
  const group = bytes.length / Math.max(1, scales.length);
  for (let i = 0; i < scales.length; i++) unpackGroup(bytes, i * group, scales[i]!, data, i * group, 1, group);
  return data;
}
