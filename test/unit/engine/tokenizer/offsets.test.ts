import fc from 'fast-check';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { TokenOffsets, Tokenizer } from '../../../../src/engine';
import { tinyModel } from '../model';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await Tokenizer.load(join(tinyModel, 'tokenizer.json'));
});

function offsetsOf(bytes: Uint8Array): TokenOffsets {
  return new TokenOffsets(tokenizer, tokenizer.encode(bytes), bytes);
}

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', 'a', 'bc ', 'é', '€', '👍', '\u{10ffff}'),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((parts) => parts.join(''));
const brokenUtf8 = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'c3',
        'e2 82',
        'f0 9f 91',
        'f0 9f 91 8d',
        'ed a0 80',
        'c0 af',
        'f4 90 80 80',
        'ff',
        '80',
        '0a',
        '0d',
        '41',
      ),
      fc.constantFrom('e0 80', 'f0 80 80', 'ef bb bf', 'e0 a0', 'f1 80 80'),
    ),
  )
  .map((parts) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex'));

describe('TokenOffsets', () => {
  it('agrees with the standard decoder on any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          brokenUtf8,
          fc.uint8Array({ maxLength: 1500 }),
          text.map((t) => Buffer.from(t)),
        ),
        (bytes) => {
          const offsets = offsetsOf(bytes);
          const decoded = new TextDecoder().decode(bytes);
          expect(offsets.utf16Length).toBe(decoded.length);
          for (let byte = 0; byte <= bytes.length; byte++) {
            // Decoding up to a cut gives the units before it when the cut lies between characters.
            const before = new TextDecoder().decode(bytes.subarray(0, byte));
            const suffix = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(byte));
            if (before.length + suffix.length !== decoded.length || before + suffix !== decoded) continue;
            if (byte < 3 && bytes[0] === 0xef) continue;
            expect(offsets.utf16AtByte(byte)).toBe(before.length);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('agrees with the editor on lines and columns', () => {
    fc.assert(
      fc.property(text, (content) => {
        fc.pre(!content.startsWith('\ufeff') && !/\p{Surrogate}/u.test(content));
        const document = TextDocument.create('file:///a', 'text', 1, content);
        const offsets = offsetsOf(Buffer.from(content));
        expect(offsets.lineCount).toBe(document.lineCount);
        for (let i = 0; i <= offsets.tokenCount; i++) {
          const { line, character } = document.positionAt(offsets.utf16Offset(i));
          expect(offsets.position(i)).toEqual({ line, column: character });
        }
        for (let unit = 0; unit <= content.length; unit++) {
          const inside = /[\udc00-\udfff]/.test(content[unit] ?? '');
          expect(offsets.utf16AtByte(offsets.byteAtUtf16(unit))).toBe(inside ? unit - 1 : unit);
          const { line, character } = document.positionAt(unit);
          if (!inside && document.offsetAt({ line, character }) === unit) {
            expect(offsets.byteAtPosition({ line, column: character })).toBe(offsets.byteAtUtf16(unit));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('finds tokens by byte', () => {
    fc.assert(
      fc.property(text, (content) => {
        const bytes = Buffer.from(content);
        const offsets = offsetsOf(bytes);
        for (let byte = 0; byte < bytes.length; byte++) {
          const token = offsets.tokenAtByte(byte);
          expect(offsets.byteOffset(token)).toBeLessThanOrEqual(byte);
          expect(offsets.byteOffset(token + 1)).toBeGreaterThan(byte);
        }
        expect(offsets.tokenAtByte(bytes.length)).toBe(offsets.tokenCount);
      }),
      { numRuns: 200 },
    );
  });

  it('stays exact in texts far longer than the distance of its marks', () => {
    const content = 'é👍x\r\n'.repeat(2000);
    const offsets = offsetsOf(Buffer.from(content));
    for (const unit of [0, 1, 511, 512, 6001, 11_995, content.length]) {
      expect(Buffer.from(content).subarray(0, offsets.byteAtUtf16(unit)).toString()).toBe(
        content.slice(0, /[\udc00-\udfff]/.test(content[unit] ?? '') ? unit - 1 : unit),
      );
    }
    expect(offsets.positionAtByte(Buffer.byteLength(content))).toEqual({ line: 2000, column: 0 });
  });

  it('counts a byte order mark as nothing', () => {
    const offsets = offsetsOf(Buffer.from('\ufeffab\nc'));
    expect(offsets.utf16Length).toBe(4);
    expect(offsets.positionAtByte(3)).toEqual({ line: 0, column: 0 });
    expect(offsets.positionAtByte(5)).toEqual({ line: 0, column: 2 });
  });

  it('has one line and no token in an empty text', () => {
    const offsets = offsetsOf(Buffer.alloc(0));
    expect([offsets.lineCount, offsets.tokenCount, offsets.tokenAtByte(0), offsets.utf16Length]).toEqual([1, 0, 0, 0]);
    expect(offsets.position(0)).toEqual({ line: 0, column: 0 });
  });

  it('refuses tokens of another text, and indices outside', () => {
    expect(() => new TokenOffsets(tokenizer, Uint32Array.of(20), Buffer.from('ab'))).toThrow(RangeError);
    expect(() => offsetsOf(Buffer.from('ab')).byteOffset(9)).toThrow(RangeError);
    expect(() => offsetsOf(Buffer.from('ab')).lineBytes(1)).toThrow(RangeError);
  });
});
