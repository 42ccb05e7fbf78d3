import { describe, expect, it } from 'vitest';
import { defaultInfill, infillFile, loadManifest } from '../../../src/engine';
import { testEngine, tinyModelDir, tinyModelWith } from '../../support/tinyModel';

describe('how a model is shown what stands behind the cursor', () => {
  it('lies beside it, and leaves every stored state valid', async () => {
    const folder = await tinyModelWith(infillFile, { shown: 48, back: 64, measured: { cases: 3 } });
    expect((await testEngine(folder)).infill).toEqual({ shown: 48, back: 64 });
    expect((await loadManifest(folder)).modelId).toBe((await loadManifest(tinyModelDir)).modelId);
  });

  it('is nothing where nothing was measured', async () => {
    expect((await testEngine()).infill).toBe(defaultInfill);
    expect(defaultInfill.shown).toBe(0);
  });

  it.each([{ shown: 48 }, { shown: -1, back: 32 }, { shown: 0.5, back: 32 }, { shown: 8, back: 0 }])(
    'is an error that names the file when it is %j',
    async (content) => {
      await expect(testEngine(await tinyModelWith(infillFile, content))).rejects.toThrow(/infill\.json/);
    },
  );
});
