import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, generate } from '../../../../src/engine';
import { appendLine, firstSuffixTokens, lastBoundary } from '../../../../src/server/complete';
import { utf8 } from '../../../support/documents';
import { fileEngine } from '../../../support/tinyModel';

const engine = await fileEngine();
const { blockSize } = engine.config;
const encode = (text: string): number[] => [...engine.tokenizer.encode(utf8(text))];
/** After a few words. */
const decoder = await engine.decoder(engine.initialState(), engine.tokenizer.encode(utf8('import re\n')));

describe('firstSuffixTokens', () => {
  const first = (text: string, count: number): number[] => [...firstSuffixTokens(engine.tokenizer, utf8(text), count)];

  it('are the rest of the line and what follows, up to a number of tokens', () => {
    const suffix = ');\nreturn value;\n'.repeat(40);
    expect(first(suffix, 10)).toEqual(encode(suffix).slice(0, 10));
    expect(first(suffix, 10_000)).toEqual(encode(suffix));
  });

  it('are none when none are wanted, or nothing but white space is there', () => {
    expect(first(');\n', 0)).toEqual([]);
    expect(first(' \r\n\t\v\f', 10)).toEqual([]);
    expect(first('', 10)).toEqual([]);
  });
});

describe('lastBoundary', () => {
  it.each([
    [0, 0],
    [1, 0],
    [blockSize, 0],
    [blockSize + 1, blockSize],
    [2 * blockSize, blockSize],
    [2 * blockSize + 1, 2 * blockSize],
  ])('of %i tokens is %i, which leaves a token to start from', (length, boundary) => {
    expect(lastBoundary(new Uint32Array(length), blockSize)).toBe(boundary);
  });
});

describe('appendLine', () => {
  async function append(line: string) {
    const fork = decoder.fork();
    const { heldBack, appended } = await appendLine(fork, engine.tokenizer, utf8(line));
    expect(fork.position - decoder.position).toBe(appended.length);
    return { fork, heldBack: Buffer.from(heldBack).toString('utf8'), appended: [...appended] };
  }

  it('holds back the word at the cursor and reads the rest of the line', async () => {
    expect(await append('x = re.compile(par')).toMatchObject({ heldBack: 'par', appended: encode('x = re.compile(') });
    expect(await append('par')).toMatchObject({ heldBack: 'par', appended: [] });
  });

  it('holds back indentation, which may grow, with the line end before it', async () => {
    expect(await append('if x:\n    ')).toMatchObject({ heldBack: '\n    ', appended: encode('if x:') });
  });

  it('leads to a text that goes on at the cursor, whatever the line is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 12 }),
          fc.constantFrom('a(b, ', 're.com', 'é', ' \t', '1234'),
        ),
        async (line) => {
          const { fork, heldBack } = await append(line);
          expect(line.endsWith(heldBack)).toBe(true);
          await collect(generate(fork, { tokenizer: engine.tokenizer, heldBack: utf8(heldBack), maxTokens: 6 }));
        },
      ),
      { numRuns: 60 },
    );
  });
});
