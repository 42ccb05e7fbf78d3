import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi, type MockInstance } from 'vitest';
import { silentLogger, type Logger } from '../../../../../src/common';
import { Engine } from '../../../../../src/engine';
import { LazyReranker, openReranker, Reranker, rerankerFolder } from '../../../../../src/server/ask/rerank';
import { installBeside } from '../../../../bench/besideModel';
import {
  fileEngine,
  tinyEmbeddingModelDir,
  tinyModelWithReranker,
  tinyRerankerModelDir,
} from '../../../../support/tinyModel';

const engine = await fileEngine(tinyRerankerModelDir);
const { tokenizer } = engine;

const code = 'export function openStore(folder: string): Store {\n  return new Store(folder);\n}';
const tokens = (text: string): number[] => [...tokenizer.encode(Buffer.from(text))];

function watched(): MockInstance<Engine['embed']> {
  const embed = vi.spyOn(engine, 'embed');
  onTestFinished(() => embed.mockRestore());
  return embed;
}

describe('Reranker', () => {
  it('is the mean of the embedding over the tokens of the code, behind the question', async () => {
    const asked = [tokenizer.special('<|question|>'), ...tokens('opens the store')];
    const place = tokens(code);
    const embedding = await engine.embed(engine.initialState(), Uint32Array.of(...asked, ...place));
    expect(embedding).toHaveLength(asked.length + place.length);
    const mean = embedding.slice(asked.length).reduce((sum, value) => sum + value, 0) / place.length;
    const reranker = new Reranker(engine);
    const numbers = await reranker.score('opens the store', [code, 'x']);
    expect(numbers[0]).toBeCloseTo(mean, 5);
    expect(numbers[1]).not.toBeCloseTo(mean, 5);
    // Every token of the code has read the question.
    const [other] = await reranker.score('validates the token of the user', [code]);
    expect(other).not.toBeCloseTo(mean, 5);
  });

  it('reads 79 tokens of a question and 160 of a place, in one run from the initial state', async () => {
    const embed = watched();
    const [question, place] = ['who calls it, and why? '.repeat(200), 'call(this, that);\n'.repeat(4000)];
    await new Reranker(engine).score(question, [place]);
    const [[state, ids]] = embed.mock.calls as [Parameters<Engine['embed']>];
    expect(embed).toHaveBeenCalledTimes(1);
    expect(state).toEqual(engine.initialState());
    const special = tokenizer.special('<|question|>');
    expect([...ids]).toEqual([special, ...tokens(question).slice(0, 79), ...tokens(place).slice(0, 160)]);
  });

  it('gives 0 for a place without a token, without a run', async () => {
    const embed = watched();
    expect([...(await new Reranker(engine).score('anything', ['', '']))]).toEqual([0, 0]);
    expect([...(await new Reranker(engine).score('', []))]).toEqual([]);
    expect(embed).not.toHaveBeenCalled();
  });

  it('reads question and place once, and forgets those that were asked longest ago', async () => {
    const embed = watched();
    const reranker = new Reranker(engine, undefined, 2);
    const first = await reranker.score('opens it', ['a(1)', 'b(2)', 'a(1)']);
    expect(embed).toHaveBeenCalledTimes(2);
    expect(first[2]).toBe(first[0]);
    expect(await reranker.score('opens it', ['a(1)', 'b(2)'])).toEqual(first.slice(0, 2));
    expect(embed).toHaveBeenCalledTimes(2);
    await reranker.score('closes it', ['b(2)']);
    expect(await reranker.score('opens it', ['b(2)'])).toEqual(first.slice(1, 2));
    expect(embed).toHaveBeenCalledTimes(3);
    expect(await reranker.score('opens it', ['a(1)'])).toEqual(first.slice(0, 1));
    expect(embed).toHaveBeenCalledTimes(4);
  });

  it('tells the end of a question from the beginning of the code', async () => {
    const embed = watched();
    const reranker = new Reranker(engine);
    const [one] = await reranker.score('a b', [' c d']);
    const [other] = await reranker.score('a b c', [' d']);
    const [[, first], [, second]] = embed.mock.calls as [Parameters<Engine['embed']>, Parameters<Engine['embed']>];
    expect([...first]).toEqual([...second]);
    expect(other).not.toBe(one);
  });

  it('takes a turn for each place, and is cancelled between them', async () => {
    const embed = watched();
    const controller = new AbortController();
    const reason = new Error('enough');
    let turns = 0;
    const reranker = new Reranker(engine, (work, signal) => {
      signal?.throwIfAborted();
      if (++turns === 2) controller.abort(reason);
      return work();
    });
    const places = ['a(1)', 'b(2)', 'c(3)'];
    await expect(reranker.score('opens it', places, controller.signal)).rejects.toBe(reason);
    expect(embed).toHaveBeenCalledTimes(2);
    await expect(reranker.score('opens it', places, controller.signal)).rejects.toBe(reason);
    expect(await reranker.score('opens it', places)).toHaveLength(3);
    expect(embed).toHaveBeenCalledTimes(3);
  });

  it('tells of a failure without remembering it', async () => {
    let fails = true;
    const reranker = new Reranker(engine, (work) => (fails ? Promise.reject(new Error('no memory')) : work()));
    await expect(reranker.score('opens it', ['a(1)'])).rejects.toThrow('no memory');
    fails = false;
    expect(await reranker.score('opens it', ['a(1)'])).toHaveLength(1);
  });
});

describe('openReranker', () => {
  const settings = { provider: 'cpu', threads: 1 } as const;

  function listening(): { log: Logger; warnings: string[] } {
    const warnings: string[] = [];
    return { warnings, log: { ...silentLogger, warn: (message) => warnings.push(message) } };
  }

  it('opens the one in the folder of the model, with what it is told', async () => {
    const open = vi.spyOn(Engine, 'open');
    onTestFinished(() => open.mockRestore());
    const { log, warnings } = listening();
    const folder = await tinyModelWithReranker();
    const reranker = await openReranker(folder, { ...settings, log });
    expect(warnings).toEqual([]);
    expect(open.mock.calls).toEqual([[{ ...settings, modelDir: join(folder, rerankerFolder) }]]);
    expect(await reranker!.score('opens it', [code])).toEqual(await new Reranker(engine).score('opens it', [code]));
    await reranker!.dispose();
  });

  it('says nothing of a model that has none', async () => {
    const { log, warnings } = listening();
    expect(await openReranker(tinyEmbeddingModelDir, { ...settings, log })).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    ['whose weights were altered', (folder) => alter(join(folder, 'weights.bin')), /weights\.bin was altered/],
    ['without a file', (folder) => rm(join(folder, 'model.cpu.onnx')), /model\.cpu\.onnx is missing/],
    ['without a manifest', (folder) => rm(join(folder, 'manifest.json')), /manifest\.json is missing/],
    ['with a broken configuration', (folder) => edit(folder, { block_size: 0 }), /config\.json is not valid/],
    [
      'that is another model',
      async (folder) => {
        await rm(folder, { recursive: true });
        await cp(tinyEmbeddingModelDir, folder, { recursive: true });
      },
      /embedding has width 32 instead of 1/,
    ],
    ['that is a file', (folder) => rm(folder, { recursive: true }).then(() => writeFile(folder, '')), /is missing/],
  ])('warns of one %s, names the folder and the remedy', async (_, hurt, why) => {
    const { log, warnings } = listening();
    const model = await tinyModelWithReranker();
    const folder = join(model, rerankerFolder);
    await hurt(folder);
    expect(await openReranker(model, { ...settings, log })).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(why);
    expect(warnings[0]).toContain(`The reranker in ${folder} cannot be used, so answers are ranked without it: `);
    expect(warnings[0]).toMatch(/\w\. Install the extension again, or use a model folder that is complete\.$/);
  });

  it('takes no model that reads too little at once, and frees it', async () => {
    const { log, warnings } = listening();
    const dispose = vi.fn(() => Promise.resolve());
    const short = { ...engine.config, blockSize: 128 };
    const open = vi
      .spyOn(Engine, 'open')
      .mockResolvedValue(Object.assign(Object.create(engine) as Engine, { config: short, dispose }));
    onTestFinished(() => open.mockRestore());
    expect(await openReranker(await tinyModelWithReranker(), { ...settings, log })).toBeUndefined();
    expect(warnings[0]).toMatch(/blocks have 128 tokens, fewer than 240/);
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  async function alter(file: string): Promise<void> {
    const bytes = await readFile(file);
    bytes[1000]! ^= 1;
    await writeFile(file, bytes);
  }

  async function edit(folder: string, change: object): Promise<void> {
    const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as object;
    installBeside(folder, 'config.json', { ...config, ...change });
  }
});

describe('LazyReranker', () => {
  it('is opened once, when it is first asked for', async () => {
    const reranker = new Reranker(engine);
    const open = vi.fn(() => Promise.resolve(reranker));
    const lazy = new LazyReranker(open);
    expect(lazy.ifOpen).toBeUndefined();
    expect(open).not.toHaveBeenCalled();
    expect(await Promise.all([lazy.get(), lazy.get()])).toEqual([reranker, reranker]);
    expect(lazy.ifOpen).toBe(reranker);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it('is closed with what is still opening, and never opens again', async () => {
    const dispose = vi.fn(() => Promise.resolve());
    const reranker = Object.assign(Object.create(Reranker.prototype) as Reranker, { dispose });
    let opened: ((made: Reranker) => void) | undefined;
    const open = vi.fn(() => new Promise<Reranker>((resolve) => (opened = resolve)));
    const lazy = new LazyReranker(open);
    void lazy.get();
    const closing = lazy.close();
    opened!(reranker);
    await closing;
    expect(dispose).toHaveBeenCalledTimes(1);
    expect(lazy.ifOpen).toBeUndefined();
    await lazy.close();
    expect(await lazy.get()).toBeUndefined();
    expect([dispose.mock.calls.length, open.mock.calls.length]).toEqual([1, 1]);

    const unused = new LazyReranker(open);
    await unused.close();
    expect(await unused.get()).toBeUndefined();
    expect(open).toHaveBeenCalledTimes(1);
  });
});
