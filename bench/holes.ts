/** A place in a real line whose rest is removed. */
export interface Hole {
  /** Byte offset of the cursor. */
  start: number;
  /** Byte offset of the line's end. */
  end: number;
}

/** First byte of the line containing a byte, and its end without the line end; undefined in a last line without one. */
function lineAround(text: string, place: number): Hole | undefined {
  const end = text.indexOf('\n', place);
  if (end < 0) return undefined;
  return { start: text.lastIndexOf('\n', place - 1) + 1, end: text[end - 1] === '\r' ? end - 1 : end };
}

const isCode = (line: string): boolean => !/^\s*(\/\/|\/?\*|#(?!define|include)|"""|$)/.test(line);

/** Whole lines of code except their indentation: single-line infilling as in arXiv 2207.14255, on real files. */
export function wholeLines(bytes: Buffer, count: number, random: () => number): Hole[] {
  const text = bytes.toString('latin1');
  const found = new Map<number, Hole>();
  for (let tries = 0; found.size < count && tries < count * 50; tries++) {
    const place = Math.floor(bytes.length * (0.1 + 0.9 * random()));
    const around = lineAround(text, place);
    if (around === undefined) continue;
    const { end } = around;
    const line = text.slice(around.start, end);
    const start = around.start + line.length - line.trimStart().length;
    if (isCode(line) && line.trim().length >= 4 && end - start <= 80) found.set(start, { start, end });
  }
  return [...found.values()];
}

/**
 * Cursors inside real lines: from a random place in a line of code to its end, at least four characters are missing.
 */
export function holes(bytes: Buffer, count: number, random: () => number): Hole[] {
  const text = bytes.toString('latin1');
  const found: Hole[] = [];
  for (let tries = 0; found.length < count && tries < count * 50; tries++) {
    const start = Math.floor(bytes.length * (0.1 + 0.9 * random()));
    const line = lineAround(text, start);
    if (line === undefined) continue;
    const { end } = line;
    const before = text.slice(line.start, start);
    const middle = text.slice(start, end);
    const startsCharacter = (bytes[start]! & 0xc0) !== 0x80;
    if (
      isCode(text.slice(line.start, end)) &&
      startsCharacter &&
      middle.trim().length >= 4 &&
      middle.length <= 80 &&
      before.length < 120
    )
      found.push({ start, end });
  }
  return found;
}
