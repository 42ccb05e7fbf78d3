import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenOffsets } from '../../../../src/engine';
import { decodePieces, encodePieces } from '../../../../src/memory/embedding/codec';
import { pieceStarts, sumPieces } from '../../../../src/memory/embedding/pieces';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();

const text = fc.string({
  unit: fc.constantFrom('a', ' ', '\n', '\r', '\r\n', '\n\n', '  return x;\n', '😀', 'ü', '\t'),
  maxLength: 200,
});

describe('pieceStarts', () => {
  it('begins a piece at each block, and where a token begins in another line than the one before', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(1, 3, 16, 128), (value, blockSize) => {
        const bytes = Buffer.from(value);
        const tokens = engine.tokenizer.encode(bytes);
        const offsets = new TokenOffsets(engine.tokenizer, tokens, bytes);
        const expected = [...tokens.keys()].filter(
          (i) => i % blockSize === 0 || offsets.position(i).line !== offsets.position(i - 1).line,
        );
        expect([...pieceStarts(engine.tokenizer, tokens, blockSize)]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('depends on what stands before alone', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const tokens = engine.tokenizer.encode(Buffer.from(before + after));
        const all = pieceStarts(engine.tokenizer, tokens, 16);
        for (const length of [0, 1, Math.floor(tokens.length / 2), tokens.length]) {
          const part = pieceStarts(engine.tokenizer, tokens.subarray(0, length), 16);
          expect([...part]).toEqual([...all].filter((start) => start < length));
        }
      }),
    );
  });
});

describe('pieces', () => {
  const vectors = (pieces: number, width: number): { values: Int8Array; scales: Float32Array } => ({
    values: new Int8Array(pieces * width),
    scales: new Float32Array(pieces),
  });

  it('are sums over their tokens, of the run that was given alone', () => {
    const starts = Uint32Array.of(0, 2, 3, 6);
    const into = vectors(4, 2);
    sumPieces(Float32Array.of(1, 2, 3, 4), 2, starts, [0, 1], into);
    sumPieces(Float32Array.of(-1, 0, 5, 5, 5, 5, 0, 0), 2, starts, [1, 3], into);
    const sums = Array.from({ length: 4 }, (_, i) => [0, 1].map((k) => into.values[2 * i + k]! * into.scales[i]!));
    [
      [4, 6],
      [-1, 0],
      [10, 10],
      [0, 0],
    ].forEach((pair, i) => pair.forEach((value, k) => expect(sums[i]![k]).toBeCloseTo(value, 1)));
  });

  it('come back from bytes as they were, into their places; others stay as they are', () => {
    const bytesOf = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(bytesOf, fc.array(fc.float({ noNaN: true }), { minLength: 4, maxLength: 4 }), (values, scales) => {
        const from = { values: new Int8Array(values.buffer.slice(0)), scales: Float32Array.from(scales) };
        const into = vectors(4, 3);
        expect(decodePieces(encodePieces(from, 3, 1, 3), into, 3, 1, 3)).toBeUndefined();
        expect(into.values.subarray(3, 9)).toEqual(from.values.subarray(3, 9));
        expect(into.scales.subarray(1, 3)).toEqual(from.scales.subarray(1, 3));
        expect([...into.values.subarray(0, 3), into.scales[0], into.scales[3]]).toEqual([0, 0, 0, 0, 0]);
      }),
    );
  });

  it('are not taken from bytes that are hurt anywhere', () => {
    const bytes = encodePieces({ values: Int8Array.of(1, 2, 3, 4), scales: Float32Array.of(1, 2) }, 2, 0, 2);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, flip, cut) => {
        const hurt = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) hurt[at]! ^= flip;
        const into = vectors(2, 2);
        expect(decodePieces(hurt, into, 2, 0, 2)).toBeTypeOf('string');
        expect([...into.values, ...into.scales]).toEqual([0, 0, 0, 0, 0, 0]);
      }),
    );
    expect(decodePieces(bytes, vectors(1, 4), 4, 0, 1)).toMatch(/does not match/);
  });
});
