import { cp } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultInfill, infillFile, loadManifest, type Engine } from '../../../src/engine';
import { installBeside } from '../../bench/besideModel';
import { temporaryFolder } from '../../support/folder';
import { openTinyEngine, tinyModelDir } from '../../support/tinyModel';

/** A model with such a setting beside it. */
async function modelWith(content: object): Promise<string> {
  const folder = await temporaryFolder();
  await cp(tinyModelDir, folder, { recursive: true });
  installBeside(folder, infillFile, content);
  return folder;
}

async function open(modelDir?: string): Promise<Engine> {
  const engine = await openTinyEngine(modelDir);
  onTestFinished(() => engine.dispose());
  return engine;
}

describe('how a model is shown what stands behind the cursor', () => {
  it('lies beside it, and leaves every stored state valid', async () => {
    const folder = await modelWith({ shown: 48, back: 64, measured: { cases: 3 } });
    expect((await open(folder)).infill).toEqual({ shown: 48, back: 64 });
    expect((await loadManifest(folder)).modelId).toBe((await loadManifest(tinyModelDir)).modelId);
  });

  it('is nothing where nothing was measured', async () => {
    expect((await open()).infill).toBe(defaultInfill);
    expect(defaultInfill.shown).toBe(0);
  });

  it.each([{ shown: 48 }, { shown: -1, back: 32 }, { shown: 0.5, back: 32 }, { shown: 8, back: 0 }])(
    'is an error that names the file when it is %j',
    async (content) => {
      await expect(openTinyEngine(await modelWith(content))).rejects.toThrow(/infill\.json/);
    },
  );
});
