import { describe, expect, it, onTestFinished } from 'vitest';
import { collect, generate } from '../../../../src/engine';
import { FileMemory, MemoryStore } from '../../../../src/memory';
import { completeAt } from '../../../../src/server';
import { temporaryFolder } from '../../../support/folder';
import { openTinyEngine } from '../../../support/tinyModel';

describe('completeAt', () => {
  it('goes on inside a word as if the word had not been begun, at the cursor and not before it', async () => {
    const engine = await openTinyEngine();
    onTestFinished(() => engine.dispose());
    const store = await MemoryStore.open(await temporaryFolder());
    onTestFinished(() => store.close());
    const { tokenizer } = engine;
    const before = `${'def parse(text):\n    return text\n'.repeat(30)}x = re.compile`;
    const bytes = Buffer.from(`${before}(par`);
    const document = { label: 'a.py', basename: 'a.py', bytes };
    const options = { stop: undefined, maxTokens: 20 };
    const completion = await completeAt(engine, new FileMemory(engine, store), document, bytes.length, options);

    const tokens = Uint32Array.of(
      tokenizer.special('path'),
      ...tokenizer.encode(Buffer.from('a.py\n')),
      ...tokenizer.encode(Buffer.from(before)),
    );
    const read = tokens.length - (tokens.length % engine.config.blockSize);
    const state = await engine.prefill(engine.initialState(), tokens.subarray(0, read));
    const decoder = await engine.decoder(state, tokens.subarray(read));
    const begin = Buffer.from('(par');
    const expected = await collect(generate(decoder, { tokenizer, begin, maxTokens: 20 }));
    expect(completion).toMatchObject({
      text: Buffer.from(expected.bytes).toString('utf8'),
      tokens: expected.ids.length,
      meanLogProb: expected.logProb / expected.ids.length,
    });
    expect(completion.readTokens).toBe(read);
  });
});
