import { wasm, type WasmMemory } from './wasm';

/** Scores of `count` rows: out[r] = scale[r] * Σ row[r][i] * query[i]. Byte addresses; those of rows and query are multiples of 16. */
export type DotKernel = (
  rows: number,
  count: number,
  /** Length of a row divided by 16. */
  chunks: number,
  /** f32 each */
  scales: number,
  /** i16 each */
  query: number,
  /** f32 each */
  out: number,
) => void;

/** Opcodes of the instructions used. */
const op = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  loadF32: 0x2a,
  storeF32: 0x38,
  i32: 0x41,
  addI32: 0x6a,
  subI32: 0x6b,
  mulF32: 0x94,
  toF32: 0xb2,
  simd: 0xfd,
} as const;

const v128 = {
  load: 0x00,
  constant: 0x0c,
  lane: 0x1b,
  extendLow: 0x87,
  extendHigh: 0x88,
  dot: 0xba,
  add: 0xae,
} as const;
const type = { i32: 0x7f, v128: 0x7b, none: 0x40 } as const;

/** An unsigned LEB128 number. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

const simd = (code: number): number[] => [op.simd, ...unsigned(code)];
const get = (local: number): number[] => [op.get, local];
/** local += step, where step is -64 to 63 or given in several bytes */
const advance = (local: number, ...step: number[]): number[] => [
  op.get,
  local,
  op.i32,
  ...step,
  op.addI32,
  op.set,
  local,
];
const load = (address: number, offset = 0): number[] => [...get(address), ...simd(v128.load), 0, offset];

function section(id: number, ...items: number[][]): number[] {
  const body = [...unsigned(items.length), ...items.flat()];
  return [id, ...unsigned(body.length), ...body];
}

const name = (text: string): number[] => [text.length, ...Buffer.from(text)];

/**
 * The kernel as a module that imports its memory. It extends 16 numbers of a row to 16 bits and multiplies them at once.
 */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const [rows, count, chunks, scales, query, out, at, left, sum, row] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
  const half = (extend: number, offset: number): number[] => [
    ...get(sum),
    ...get(row),
    ...simd(extend),
    ...load(at, offset),
    ...simd(v128.dot),
    ...simd(v128.add),
    ...[op.set, sum],
  ];
  const lane = (i: number): number[] => [...get(sum), ...simd(v128.lane), i];
  const code = [
    ...[2, 2, type.i32, 2, type.v128],
    ...[op.loop, type.none],
    ...simd(v128.constant),
    ...new Array<number>(16).fill(0),
    ...[op.set, sum],
    ...[...get(query), op.set, at, ...get(chunks), op.set, left],
    ...[op.loop, type.none],
    ...[...load(rows), op.set, row],
    ...half(v128.extendLow, 0),
    ...half(v128.extendHigh, 16),
    ...advance(rows, 16),
    ...advance(at, 32),
    ...[...get(left), op.i32, 1, op.subI32, op.tee, left, op.branchIf, 0],
    op.end,
    ...get(out),
    ...[...lane(0), ...lane(1), op.addI32, ...lane(2), op.addI32, ...lane(3), op.addI32, op.toF32],
    ...[...get(scales), op.loadF32, 2, 0, op.mulF32],
    ...[op.storeF32, 2, 0],
    ...advance(scales, 4),
    ...advance(out, 4),
    ...[...get(count), op.i32, 1, op.subI32, op.tee, count, op.branchIf, 0],
    op.end,
    op.end,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [0x60, 6, ...new Array<number>(6).fill(type.i32), 0]),
    ...section(2, [...name('host'), ...name('memory'), 2, 0, 0]),
    ...section(3, [0]),
    ...section(7, [...name('dot'), 0, 0]),
    ...section(10, [...unsigned(code.length), ...code]),
  ]);
}

let compiled: object | undefined;

/** The kernel, bound to a memory. */
export function dotKernel(memory: WasmMemory): DotKernel {
  compiled ??= new wasm.Module(moduleBytes());
  const { exports } = new wasm.Instance(compiled, { host: { memory } });
  return exports['dot'] as DotKernel;
}
