import { quantize } from '../../common';
import type { Tokenizer } from '../../engine';

/** What a token does to lines; bit flags. */
const KNOWN = 1;
const BREAKS = 2;
const ENDS_WITH_CR = 4;
const BEGINS_WITH_LF = 8;

const LF = 10;
const CR = 13;

/** For each tokenizer, what its tokens do to lines. */
const kinds = new WeakMap<Pick<Tokenizer, 'tokenBytes'>, Uint8Array>();

function kindOf(bytes: Uint8Array): number {
  let kind = KNOWN;
  for (let i = 0; i < bytes.length; i++) {
    // A CR at the end may still be the first half of a line end.
    if (bytes[i] === LF || (bytes[i] === CR && i < bytes.length - 1)) kind |= BREAKS;
  }
  if (bytes.at(-1) === CR) kind |= ENDS_WITH_CR;
  if (bytes[0] === LF) kind |= BEGINS_WITH_LF;
  return kind;
}

/**
 * The first token of each piece: a piece ends with its block, and where a token starts in another line than the one before it. A line
 * ends at LF, CRLF or a lone CR. Depends only on the preceding tokens, so equal prefixes have equal pieces.
 */
export function pieceStarts(
  tokenizer: Pick<Tokenizer, 'tokenBytes' | 'vocabSize'>,
  tokens: Uint32Array,
  grid: number,
): Uint32Array {
  let known = kinds.get(tokenizer);
  if (known === undefined) {
    known = new Uint8Array(tokenizer.vocabSize);
    kinds.set(tokenizer, known);
  }
  const starts = new Uint32Array(tokens.length);
  let count = 0;
  let before = 0;
  for (let i = 0; i < tokens.length; i++) {
    const id = tokens[i]!;
    let kind = known[id]!;
    if (kind === 0) known[id] = kind = kindOf(tokenizer.tokenBytes(id));
    const isNewLine = (before & BREAKS) !== 0 || ((before & ENDS_WITH_CR) !== 0 && (kind & BEGINS_WITH_LF) === 0);
    if (i % grid === 0 || isNewLine) starts[count++] = i;
    before = kind;
  }
  return starts.slice(0, count);
}

/** Vectors of pieces, contiguous: 8-bit numbers, to be multiplied by the piece's scale. */
export interface PieceVectors {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Sums the embeddings of a run's tokens over its pieces.
 *
 * @param embedding of the tokens from `starts[from]` on, [T, width]
 * @param starts first token of each piece, as from {@link pieceStarts}
 * @param from the first and, exclusive, the last piece of the run
 * @param into receives the vectors of these pieces, by their number
 */
export function sumPieces(
  embedding: Float32Array,
  width: number,
  starts: Uint32Array,
  [from, to]: readonly [number, number],
  into: PieceVectors,
): void {
  const first = starts[from] ?? 0;
  const end = first + embedding.length / width;
  const sum = new Float64Array(width);
  for (let piece = from; piece < to; piece++) {
    sum.fill(0);
    const last = Math.min(starts[piece + 1] ?? end, end);
    for (let at = (starts[piece]! - first) * width; at < (last - first) * width; at += width) {
      for (let i = 0; i < width; i++) sum[i]! += embedding[at + i]!;
    }
    into.scales[piece] = quantize(sum, into.values, piece * width);
  }
}
