import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askWeightsFile, Engine } from '../../src/engine';
import { FileMemory, MemoryStore } from '../../src/memory';
import type { AskResult, FileEntry } from '../../src/protocol';
import { askReadings } from '../support/askReadings';
import { installBeside } from '../../bench/besideModel';
import { temporaryFolder } from '../support/folder';
import { only } from '../support/signals';
import { tinyEmbeddingModelDir } from '../support/tinyModel';
import { TestServer } from './client';
import { lines } from './text';

/** Weights with which only the model's embedding counts, and every answer is found. */
const weights = {
  ranking: only('embedding'),
  confidence: { bias: 99, words: 0, coverage: 0, code: 0, defines: 0, known: 0, meaning: 0, embedding: 0, lead: 0 },
  found: 0.5,
};

const texts: Record<string, string> = {
  'long.ts': lines(40),
  'store.ts': 'export function openStore(folder: string): Store {\n  return new Store(folder);\n}\n',
  'cache.py': 'class Cache:\n    def invalidate(self, key):\n        del self.entries[key]\n        self.changed()\n',
};

describe('asking a model with an embedding', () => {
  it('finds by it, read once: after a restart all is restored, and an edit is followed', async () => {
    const [folder, cache, model] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
    await cp(tinyEmbeddingModelDir, model, { recursive: true });
    installBeside(model, askWeightsFile, weights);
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);

    const engine = await Engine.open({ modelDir: model, provider: 'cpu', threads: 1 });
    onTestFinished(() => engine.dispose());
    const store = await MemoryStore.open(await temporaryFolder());
    onTestFinished(() => store.close());
    const memory = new FileMemory(engine, store);
    const question = 'zzyzx: no word of this stands anywhere';
    /** The expected place of the answer, by the same code in this process. */
    const expected = async (): Promise<[string, number]> => {
      const readings = [];
      for (const [name, text] of Object.entries(texts)) {
        readings.push(await memory.read({ label: name, basename: name, bytes: Buffer.from(text) }));
      }
      const { citations } = await askReadings(engine, readings, question);
      return [pathToFileURL(join(folder, citations[0]!.label)).href, citations[0]!.startLine];
    };
    const ask = async (server: TestServer): Promise<[string, number]> => {
      const result = await server.request<AskResult>('memmamba/ask', { question, scope: { kind: 'workspace' } });
      expect(result.found).toBe(true);
      return [result.citations[0]!.uri, result.citations[0]!.startLine];
    };

    const options = { cache, folder, environment: { MEMMAMBA_MODEL: model } };
    const server = await TestServer.start(options);
    await server.ready();
    expect(await ask(server)).toEqual(await expected());
    await server.stop();

    const again = await TestServer.start(options);
    await again.ready();
    const { entries } = await again.request<{ entries: FileEntry[] }>('memmamba/files', {});
    for (const entry of entries) {
      const state = entry.type === 'file' ? entry.state : undefined;
      expect(state?.kind).toBe('fresh');
      if (state?.kind === 'fresh') expect(state.tokens - state.restoredTokens).toBeLessThan(engine.config.blockSize);
    }
    const before = await ask(again);
    expect(before).toEqual(await expected());

    // Removes what was found; something else is nearest then.
    const name = decodeURIComponent(before[0]).split('/').at(-1)!;
    texts[name] = '// nothing here any more\n'.repeat(4);
    await writeFile(join(folder, name), texts[name]);
    await again.changedOnDisk([join(folder, name), 'written']);
    const tokens = (list: FileEntry[]): number => {
      const one = list.find((entry) => entry.name === name);
      return one?.type === 'file' && one.state.kind === 'fresh' ? one.state.tokens : 0;
    };
    const old = tokens(entries);
    await again.untilFiles((list) => tokens(list) > 0 && tokens(list) !== old);
    expect(await ask(again)).toEqual(await expected());
    await again.stop();
  });
});
