import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askWeightsFile, loadManifest } from '../../../../../src/engine';
import { askWeights, defaultWeights } from '../../../../../src/server/ask';
import { testEngine, tinyModelDir, tinyModelWith } from '../../../../support/tinyModel';

const fitted = {
  ranking: { ...defaultWeights.ranking, embedding: 2.8, words: 1 },
  confidence: { ...defaultWeights.confidence, bias: -3 },
  found: 0.45,
};

describe('askWeights', () => {
  it('are those of the model’s folder, and leave every stored state valid', async () => {
    const folder = await tinyModelWith(askWeightsFile, { ...fitted, measured: { questions: 3 } });
    expect(await askWeights(await testEngine(folder))).toEqual(fitted);
    expect((await loadManifest(folder)).modelId).toBe((await loadManifest(tinyModelDir)).modelId);
  });

  it('are the general ones where nothing was fitted', async () => {
    expect(await askWeights(await testEngine())).toBe(defaultWeights);
  });

  it('that are incomplete or altered are an error that names the file', async () => {
    const incomplete = await tinyModelWith(askWeightsFile, { ...fitted, ranking: { words: 1 } });
    await expect(askWeights(await testEngine(incomplete))).rejects.toThrow(/ask\.json/);
    const altered = await tinyModelWith(askWeightsFile, fitted);
    const path = join(altered, askWeightsFile);
    await writeFile(path, (await readFile(path, 'utf8')).replace('0.45', '0.46'));
    await expect(testEngine(altered)).rejects.toThrow(/ask\.json/);
  });
});
