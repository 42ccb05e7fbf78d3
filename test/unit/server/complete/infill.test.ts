import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, generate, type Decoder, type Engine } from '../../../../src/engine';
import { startMiddle } from '../../../../src/server/complete';
import { openTinyEngine } from '../../../support/tinyModel';

let engine: Engine;
/** Behind a few words, and behind nothing at all. */
let warm: Decoder;
let cold: Decoder;

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

beforeAll(async () => {
  engine = await openTinyEngine();
  warm = await engine.decoder(engine.initialState(), engine.tokenizer.encode(utf8('import re\n')));
  cold = await engine.decoder(engine.initialState(), new Uint32Array(0));
});
afterAll(() => engine.dispose());

async function start(from: Decoder, line: string, behind: string) {
  const decoder = from.fork();
  const { begin } = await startMiddle(decoder, engine.tokenizer, utf8(line), utf8(behind), 8);
  return { decoder, begin: Buffer.from(begin).toString('utf8'), shown: decoder.position - from.position };
}

const length = (text: string): number => engine.tokenizer.encode(utf8(text)).length;

describe('startMiddle', () => {
  it('holds back the word at the cursor and shows the rest of the line', async () => {
    const { begin, shown } = await start(warm, 'x = re.compile(par', '');
    expect(begin).toBe('(par');
    expect(shown).toBe(length('x = re.compile'));
  });

  it('shows what is behind the cursor between two marks', async () => {
    const { begin, shown } = await start(warm, 'x = par', ')\ny');
    expect(begin).toBe(' par');
    expect(shown).toBe(length('x =') + 1 + length(')\ny') + 1);
  });

  it('holds back indentation, which may grow, with the line end before it', async () => {
    const { begin, shown } = await start(warm, 'if x:\n    ', '');
    expect(begin).toBe('\n    ');
    expect(shown).toBe(length('if x:'));
  });

  it('shows the word after all when a decoder would have no token otherwise', async () => {
    expect(await start(cold, 'par', ' \n')).toMatchObject({ begin: '', shown: length('par') });
    expect(await start(cold, 'par', ')')).toMatchObject({ begin: 'par', shown: 2 + length(')') });
    expect(await start(cold, '', '')).toMatchObject({ begin: '', shown: 2 });
    expect(await start(warm, 'par', '')).toMatchObject({ begin: 'par', shown: 0 });
  });

  it('leads to a text that goes on at the cursor, whatever the line is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(warm, cold),
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 12 }),
          fc.constantFrom('a(b, ', 're.com', 'é', ' \t', '1234'),
        ),
        fc.constantFrom('', ')', '\n'),
        async (from, line, behind) => {
          const { decoder, begin } = await start(from, line, behind);
          expect(line.endsWith(begin)).toBe(true);
          expect(decoder.hasLogits).toBe(true);
          await collect(generate(decoder, { tokenizer: engine.tokenizer, begin: utf8(begin), maxTokens: 6 }));
        },
      ),
      { numRuns: 60 },
    );
  });
});
