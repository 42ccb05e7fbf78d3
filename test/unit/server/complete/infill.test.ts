import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, generate } from '../../../../src/engine';
import { appendLine, approach, shownBehind } from '../../../../src/server/complete';
import { utf8 } from '../../../support/documents';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;
const encode = (text: string): number[] => [...engine.tokenizer.encode(utf8(text))];
/** Behind a few words. */
const decoder = await engine.decoder(engine.initialState(), engine.tokenizer.encode(utf8('import re\n')));

describe('shownBehind', () => {
  const shown = (text: string, most: number): number[] => [
    ...shownBehind(engine.tokenizer, utf8(text), { shown: most, back: 32 }),
  ];

  it('is the rest of the line and what follows, up to a number of tokens', () => {
    const behind = ');\nreturn value;\n'.repeat(40);
    expect(shown(behind, 10)).toEqual(encode(behind).slice(0, 10));
    expect(shown(behind, 10_000)).toEqual(encode(behind));
  });

  it('is nothing when nothing is to be shown, or nothing but white space is there', () => {
    expect(shown(');\n', 0)).toEqual([]);
    expect(shown(' \r\n\t\v\f', 10)).toEqual([]);
    expect(shown('', 10)).toEqual([]);
  });
});

describe('approach', () => {
  const header = 5;
  const text = (length: number): Uint32Array => Uint32Array.from({ length }, (_, i) => 20 + (i % 400));
  const behind = Uint32Array.of(301, 302, 303);
  const way = (length: number, shown: Uint32Array, back = 32) =>
    approach(
      { config: engine.config, tokenizer: engine.tokenizer, infill: { shown: 9, back } },
      { tokens: text(length), headerTokens: header, behind: shown },
    );

  it('is the text alone when nothing is shown, with a token to start from', () => {
    for (const length of [1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize]) {
      const { boundary, place, tail } = way(length, new Uint32Array(0));
      expect(tail).toEqual(text(length).subarray(boundary));
      expect(tail.length).toBeGreaterThan(0);
      expect(tail.length).toBeLessThanOrEqual(blockSize);
      expect([boundary % blockSize, place]).toEqual([0, length]);
    }
  });

  it('shows what is behind at the last boundary far enough before the end, then all text since', () => {
    const [suffix, prefix] = ['<|fim_suffix|>', '<|fim_prefix|>'].map((name) => engine.tokenizer.special(name));
    const length = 2 * blockSize + 31;
    const { boundary, place, tail } = way(length, behind);
    expect([boundary, place]).toEqual([blockSize, blockSize]);
    expect([...tail]).toEqual([suffix, ...behind, prefix, ...text(length).subarray(blockSize)]);
    expect(way(length + 1, behind).boundary).toBe(2 * blockSize);
    expect(way(length + 1, behind, 33).boundary).toBe(blockSize);
  });

  it('leaves the header of a short text before the marks', () => {
    const { boundary, place, tail } = way(40, behind);
    expect([boundary, place]).toEqual([0, header]);
    expect([...tail.subarray(0, header)]).toEqual([...text(header)]);
    expect(engine.tokenizer.specialName(tail[header]!)).toBe('<|fim_suffix|>');
    expect([...tail.subarray(header + 2 + behind.length)]).toEqual([...text(40).subarray(header)]);
  });

  it('keeps its place while the text grows, up to the next boundary', () => {
    const places = Array.from({ length: blockSize }, (_, i) => way(blockSize + 32 + i, behind).place);
    expect(new Set(places)).toEqual(new Set([blockSize]));
  });
});

describe('appendLine', () => {
  async function append(line: string) {
    const fork = decoder.fork();
    const { begin, appended } = await appendLine(fork, engine.tokenizer, utf8(line));
    expect(fork.position - decoder.position).toBe(appended.length);
    return { fork, begin: Buffer.from(begin).toString('utf8'), appended: [...appended] };
  }

  it('holds back the word at the cursor and reads the rest of the line', async () => {
    expect(await append('x = re.compile(par')).toMatchObject({ begin: 'par', appended: encode('x = re.compile(') });
    expect(await append('par')).toMatchObject({ begin: 'par', appended: [] });
  });

  it('holds back indentation, which may grow, with the line end before it', async () => {
    expect(await append('if x:\n    ')).toMatchObject({ begin: '\n    ', appended: encode('if x:') });
  });

  it('leads to a text that goes on at the cursor, whatever the line is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 12 }),
          fc.constantFrom('a(b, ', 're.com', 'é', ' \t', '1234'),
        ),
        async (line) => {
          const { fork, begin } = await append(line);
          expect(line.endsWith(begin)).toBe(true);
          await collect(generate(fork, { tokenizer: engine.tokenizer, begin: utf8(begin), maxTokens: 6 }));
        },
      ),
      { numRuns: 60 },
    );
  });
});
