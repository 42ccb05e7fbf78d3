/** The parts of WebAssembly that are used; Node's types omit them. */
interface WebAssemblyNamespace {
  Memory: new (size: { initial: number; maximum: number }) => WasmMemory;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (
    module: object,
    imports: Record<string, Record<string, WasmMemory>>,
  ) => {
    exports: Readonly<Record<string, unknown>>;
  };
}

export interface WasmMemory {
  /** A new one after each {@link grow}. */
  readonly buffer: ArrayBuffer;
  /** @param pages of 64 KiB. @throws RangeError when there is no room */
  grow(pages: number): number;
}

export const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly;
