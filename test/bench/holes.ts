/** A place in a real line whose rest is taken away. */
export interface Hole {
  /** Byte offset of the cursor. */
  start: number;
  /** Byte offset of the line's end. */
  end: number;
}

/** Cursors inside real lines: from a random place in a line of code to its end at least four characters are missing. */
export function holes(bytes: Buffer, count: number, random: () => number): Hole[] {
  const text = bytes.toString('latin1');
  const found: Hole[] = [];
  for (let tries = 0; found.length < count && tries < count * 50; tries++) {
    const start = Math.floor(bytes.length * (0.1 + 0.9 * random()));
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    let end = text.indexOf('\n', start);
    if (end < 0) continue;
    if (text[end - 1] === '\r') end--;
    const before = text.slice(lineStart, start);
    const middle = text.slice(start, end);
    const isCode = !/^\s*(\/\/|\/?\*|#(?!define|include)|"""|$)/.test(text.slice(lineStart, end));
    const startsCharacter = (bytes[start]! & 0xc0) !== 0x80;
    if (isCode && startsCharacter && middle.trim().length >= 4 && middle.length <= 80 && before.length < 120)
      found.push({ start, end });
  }
  return found;
}
