/** The text of UTF-8 that may have been cut inside a character: without the part of that at its end. */
export function wholeCharacters(bytes: Uint8Array): string {
  let start = bytes.length;
  while (start > 0 && bytes.length - start < 4 && (bytes[start - 1]! & 0xc0) === 0x80) start--;
  const lead = bytes[start - 1] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  const end = start > 0 && bytes.length - start + 1 < length ? start - 1 : bytes.length;
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf8');
}

/** Whether a UTF-16 offset lies inside a character that takes two units. */
export function isInsideCharacter(text: string, offset: number): boolean {
  return /[\uD800-\uDBFF]/.test(text[offset - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[offset] ?? '');
}
