import { firstAtLeast } from '../../common';
import type { TokenOffsets } from '../../engine';
import type { PieceVectors } from './pieces';

/** The embeddings of a text that was read, to be summed over any of its lines. */
export class LineEmbeddings {
  /**
   * @param width length of a vector
   * @param starts first token of each piece, header tokens counted
   */
  constructor(
    readonly width: number,
    private readonly starts: Uint32Array,
    private readonly vectors: PieceVectors,
    private readonly offsets: TokenOffsets,
    private readonly headerTokens: number,
  ) {}

  /** Number of lines of the text. */
  get lineCount(): number {
    return this.offsets.lineCount;
  }

  /**
   * The sum over the tokens that start in some lines.
   *
   * @param from 0-based, the first line
   * @param to the line after the last one; lines after the text's end have no tokens
   * @param into set to the sum; `width` numbers
   */
  sum(from: number, to: number, into: Float64Array): void {
    const { width, vectors } = this;
    into.fill(0);
    const [first, end] = this.tokens(from, to);
    const last = this.pieceAt(end);
    for (let piece = this.pieceAt(first); piece < last; piece++) {
      const scale = vectors.scales[piece]!;
      const at = piece * width;
      for (let i = 0; i < width; i++) into[i]! += scale * vectors.values[at + i]!;
    }
  }

  /** The tokens that start in some lines, first and end, header tokens counted; parameters as in {@link sum}. */
  tokens(from: number, to: number): readonly [number, number] {
    return [this.tokenAtLine(from), this.tokenAtLine(to)];
  }

  /** The first token that starts in a line or after it. */
  private tokenAtLine(line: number): number {
    const { offsets } = this;
    if (line >= offsets.lineCount) return this.headerTokens + offsets.tokenCount;
    const byte = offsets.lineBytes(line).start;
    const token = offsets.tokenAtByte(byte);
    const begins = token === offsets.tokenCount || offsets.byteOffset(token) >= byte;
    return this.headerTokens + token + (begins ? 0 : 1);
  }

  /** The first piece that starts at a token or after it. */
  private pieceAt(token: number): number {
    return firstAtLeast(this.starts, token);
  }
}
