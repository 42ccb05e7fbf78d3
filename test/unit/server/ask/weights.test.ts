import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askWeightsFile, Engine, loadManifest } from '../../../../src/engine';
import { askWeights, defaultWeights } from '../../../../src/server/ask';
import { installBeside } from '../../../bench/besideModel';
import { temporaryFolder } from '../../../support/folder';
import { tinyModelDir } from '../../../support/tinyModel';

/** A model with such weights beside it. */
async function modelWith(content: object): Promise<string> {
  const folder = await temporaryFolder();
  await cp(tinyModelDir, folder, { recursive: true });
  installBeside(folder, askWeightsFile, content);
  return folder;
}

async function open(modelDir: string): Promise<Engine> {
  const engine = await Engine.open({ modelDir, provider: 'cpu', threads: 1 });
  onTestFinished(() => engine.dispose());
  return engine;
}

const fitted = {
  ranking: { ...defaultWeights.ranking, embedding: 2.8, words: 1 },
  confidence: { ...defaultWeights.confidence, bias: -3 },
  found: 0.45,
};

describe('askWeights', () => {
  it('are those of the model’s folder, and leave every stored state valid', async () => {
    const folder = await modelWith({ ...fitted, measured: { questions: 3 } });
    expect(await askWeights(await open(folder))).toEqual(fitted);
    expect((await loadManifest(folder)).modelId).toBe((await loadManifest(tinyModelDir)).modelId);
  });

  it('are the general ones where nothing was fitted', async () => {
    expect(await askWeights(await open(tinyModelDir))).toBe(defaultWeights);
  });

  it('that are incomplete or altered are an error that names the file', async () => {
    const incomplete = await modelWith({ ...fitted, ranking: { words: 1 } });
    await expect(askWeights(await open(incomplete))).rejects.toThrow(/ask\.json/);
    const altered = await modelWith(fitted);
    const path = join(altered, askWeightsFile);
    await writeFile(path, (await readFile(path, 'utf8')).replace('0.45', '0.46'));
    await expect(open(altered)).rejects.toThrow(/ask\.json/);
  });
});
