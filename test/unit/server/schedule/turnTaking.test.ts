import { describe, expect, it } from 'vitest';
import { Priority, Scheduler, ScheduledEngine } from '../../../../src/server/schedule';
import { prefill, type ReadingEngine } from '../../../../src/engine';
import { archiveEngine, mixedTokens } from '../../../support/tinyModel';

const engine = await archiveEngine();
const { blockSize } = engine.config;

describe('a decoder that takes turns', () => {
  it('asks archives with the word that a prompt ends in, as any does, however long the prompt', async () => {
    const tokens = mixedTokens(19 * blockSize);
    const state = await prefill(engine, engine.initialState(), tokens.subarray(0, 16 * blockSize));
    const begun = tokens.subarray(40, 46);
    for (const length of [0, 5, blockSize, 2 * blockSize + 9]) {
      const prompt = tokens.subarray(100, 100 + length);
      const behind = async (one: ReadingEngine): Promise<Float32Array> => {
        const decoder = await one.decoder(state, new Uint32Array(0));
        await decoder.append(prompt, { begun });
        await decoder.append(Uint32Array.of(7));
        return decoder.logits;
      };
      const taken = await new Scheduler().run(
        { priority: () => Priority.completion, signal: new AbortController().signal },
        () => behind(new ScheduledEngine(engine, () => Scheduler.turn())),
      );
      expect(taken).toEqual(await behind(engine));
    }
  });
});
