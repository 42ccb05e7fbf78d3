export function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

export function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** The first byte that is not a blank, or undefined if there is none. */
export function firstNonBlank(bytes: Uint8Array): number | undefined {
  return bytes.find((byte) => !isBlank(byte));
}
