import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askWeightsFile, Engine } from '../../src/engine';
import { FileMemory, type FileReading } from '../../src/memory';
import type { AskResult } from '../../src/protocol';
import { askReadings, openReranker } from '../../src/server';
import { installBeside } from '../bench/besideModel';
import { openStore } from '../support/documents';
import { temporaryFolder } from '../support/folder';
import { only } from '../support/signals';
import { tinyModelWithReranker } from '../support/tinyModel';
import { TestServer } from './client';

/** Weights with which the reranker alone decides among the first places, and every answer is found. */
const weights = {
  ranking: only('words'),
  confidence: { bias: 99, words: 0, coverage: 0, code: 0, defines: 0, known: 0, meaning: 0, embedding: 0, lead: 0 },
  found: 0.5,
  reranking: { places: 8, weight: 1e6 },
};

const verbs = ['opens', 'closes', 'reads', 'writes', 'finds', 'drops'];
const questions = verbs.map((verb) => `${verb} the store that is in this folder`);

describe('asking a server whose model has a reranker', () => {
  it('answers descriptions with it as soon as it is open, as the same code does in this process', async () => {
    const [folder, cache, model] = [await temporaryFolder(), await temporaryFolder(), await tinyModelWithReranker()];
    installBeside(model, askWeightsFile, weights);
    const engine = await Engine.open({ modelDir: model, provider: 'cpu', threads: 1 });
    onTestFinished(() => engine.dispose());
    const reranker = (await openReranker(model, { provider: 'cpu', threads: 1 }))!;
    onTestFinished(() => reranker.dispose());
    const memory = new FileMemory(engine, await openStore());
    const readings: FileReading[] = [];
    for (const verb of verbs) {
      const name = `${verb}.ts`;
      const text = `function ${verb}(store, folder) {\n  return store.${verb}(folder);\n}\n`;
      await writeFile(join(folder, name), text);
      readings.push(await memory.read({ label: name, basename: name, bytes: Buffer.from(text) }));
    }
    const here = async (question: string, looksAgain: boolean): Promise<string> => {
      const options = looksAgain ? { reranker: () => Promise.resolve(reranker) } : {};
      const { citations } = await askReadings(engine, readings, question, options);
      return pathToFileURL(join(folder, citations[0]!.label)).href;
    };
    const expected: string[] = [];
    for (const question of questions) expected.push(await here(question, true));
    const without: string[] = [];
    for (const question of questions) without.push(await here(question, false));
    expect(expected).not.toEqual(without);

    const server = await TestServer.start({ cache, folder, environment: { MEMMAMBA_MODEL: model } });
    await server.ready();
    const there = async (): Promise<string[]> => {
      const uris: string[] = [];
      for (const question of questions) {
        const { citations } = await server.request<AskResult>('memmamba/ask', {
          question,
          scope: { kind: 'workspace' },
        });
        uris.push(citations[0]!.uri);
      }
      return uris;
    };
    await expect.poll(there, { timeout: 20_000 }).toEqual(expected);
    await server.stop();
  });
});
