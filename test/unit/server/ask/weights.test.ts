import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askWeightsFile, loadManifest } from '../../../../src/engine';
import { askWeights, defaultWeights } from '../../../../src/server/ask';
import { testEngine, tinyModelDir, tinyModelWith } from '../../../support/tinyModel';

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

  it('have those of the reranker where some were fitted', async () => {
    const reranking = { places: 4, weight: 1.4 };
    const folder = await tinyModelWith(askWeightsFile, { ...fitted, reranking });
    expect(await askWeights(await testEngine(folder))).toEqual({ ...fitted, reranking });
  });

  it.each<[unknown, RegExp]>([
    [4, /ask\.json .*"reranking" should be an object/],
    [null, /ask\.json .*"reranking" should be an object/],
    [{ weight: 1 }, /ask\.json .*"reranking\.places" should be a whole number of at least 1/],
    [{ places: 0, weight: 1 }, /ask\.json .*"reranking\.places" should be a whole number of at least 1/],
    [{ places: 2.5, weight: 1 }, /ask\.json .*"reranking\.places" should be a whole number/],
    [{ places: 17, weight: 1 }, /ask\.json .*"reranking\.places" should be a whole number of at most 16/],
    [{ places: 4 }, /ask\.json .*"reranking\.weight" should be a number/],
    [{ places: 4, weight: '1' }, /ask\.json .*"reranking\.weight" should be a number/],
    [{ places: 4, weight: -0.1 }, /ask\.json .*"reranking\.weight" should be a number of at least 0/],
  ])('with %j for the reranker are an error that names file and member', async (reranking, message) => {
    const folder = await tinyModelWith(askWeightsFile, { ...fitted, reranking });
    await expect(askWeights(await testEngine(folder))).rejects.toThrow(message);
  });
});
