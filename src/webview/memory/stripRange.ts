import { firstAtLeast } from '../../common/search';

/** The range of a document shown in the map: tokens from `from` (inclusive) to `to` (exclusive). */
export interface StripRange {
  from: number;
  to: number;
}

/** The map never shows fewer tokens than this: one block. */
const MIN_TOKENS = 128;

/** Zooms in around a token, or out (`factor` above 1), within the document. */
export function zoomed(range: StripRange, tokens: number, around: number, factor: number): StripRange {
  const width = Math.min(tokens, Math.max(Math.min(MIN_TOKENS, tokens), (range.to - range.from) * factor));
  const share = (around - range.from) / Math.max(1, range.to - range.from);
  return fitted(around - share * width, width, tokens);
}

/** Moves by a number of tokens, within the document. */
export function moved(range: StripRange, tokens: number, by: number): StripRange {
  return fitted(range.from + by, range.to - range.from, tokens);
}

/** Moves just enough to show a token. */
export function showing(range: StripRange, tokens: number, token: number): StripRange {
  if (token < range.from) return moved(range, tokens, token - range.from);
  if (token >= range.to) return moved(range, tokens, token + 1 - range.to);
  return range;
}

function fitted(from: number, width: number, tokens: number): StripRange {
  const start = Math.round(Math.max(0, Math.min(from, tokens - width)));
  return { from: start, to: Math.min(tokens, Math.max(start + 1, Math.round(start + width))) };
}

/**
 * How many positions fall into each of `bins` equal parts of a range.
 * @param positions ascending, so that only those in the range are visited
 */
export function binRange(positions: ArrayLike<number>, { from, to }: StripRange, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  const width = to - from;
  for (let i = firstAtLeast(positions, from); i < positions.length && positions[i]! < to; i++) {
    counts[Math.min(bins - 1, Math.floor(((positions[i]! - from) * bins) / width))]!++;
  }
  return counts;
}
