import { describe, expect, it } from 'vitest';
import { prefill, type ReadingEngine } from '../../../../src/engine';
import { EngineTasks, Priority, Scheduler } from '../../../../src/workspace';
import { archiveEngine, mixedTokens } from '../../../support/tinyModel';

const engine = await archiveEngine();
const { blockSize } = engine.config;

describe('a decoder that takes turns', () => {
  it('asks archives with the word that a prompt ends in, as any does, however long the prompt', async () => {
    const tokens = mixedTokens(19 * blockSize);
    const state = await prefill(engine, engine.initialState(), tokens.subarray(0, 16 * blockSize));
    const heldBack = tokens.subarray(40, 46);
    for (const length of [0, 5, blockSize, 2 * blockSize + 9]) {
      const prompt = tokens.subarray(100, 100 + length);
      const suffix = async (one: ReadingEngine): Promise<Float32Array> => {
        const decoder = await one.decoder(state, new Uint32Array(0));
        await decoder.append(prompt, { heldBack });
        await decoder.append(Uint32Array.of(7));
        return decoder.logits;
      };
      const tasks = new EngineTasks(engine, new Scheduler());
      const taken = await tasks.run({ priority: () => Priority.completion }, suffix);
      expect(taken).toEqual(await suffix(engine));
    }
  });

  it('goes on in another task, with the turns of that one only', async () => {
    const tasks = new EngineTasks(engine, new Scheduler());
    const priority = (): Priority => Priority.completion;
    const tokens = mixedTokens(9);
    const made = await tasks.run({ priority }, (own) => own.decoder(own.initialState(), tokens));
    await expect(made.append(Uint32Array.of(7))).rejects.toThrow(/task had ended/);
    const logits = await tasks.run({ priority }, async (own) => {
      const decoder = own.goOn(made);
      await decoder.append(Uint32Array.of(7));
      return decoder.logits;
    });
    const fresh = await engine.decoder(engine.initialState(), tokens);
    await fresh.append(Uint32Array.of(7));
    expect(logits).toEqual(fresh.logits);
  });
});
