import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { silentLogger } from '../../../src/common';
import { askWeightsFile, Engine } from '../../../src/engine';
import { defaultSettings } from '../../../src/protocol';
import { defaultWeights } from '../../../src/server/ask';
import { Reranker, rerankerFolder } from '../../../src/server/ask/rerank';
import { Session } from '../../../src/server/session';
import { installBeside } from '../../bench/besideModel';
import { temporaryFolder } from '../../support/folder';
import { tinyModelWithReranker } from '../../support/tinyModel';

const reranking = { places: 4, weight: 1 };

async function opened(model: string): Promise<{ session: Session; warnings: string[] }> {
  const warnings: string[] = [];
  const session = new Session({ ...silentLogger, warn: (message) => warnings.push(message) }, () => undefined);
  session.settings = {
    ...defaultSettings,
    'engine.modelFolder': model,
    'engine.provider': 'cpu',
    'engine.threads': 1,
    'store.folder': await temporaryFolder(),
  };
  onTestFinished(() => session.close());
  await session.open();
  return { session, warnings };
}

function disposals(): { engines: () => number; rerankers: () => number } {
  const engine = vi.spyOn(Engine.prototype, 'dispose');
  const reranker = vi.spyOn(Reranker.prototype, 'dispose');
  onTestFinished(() => {
    engine.mockRestore();
    reranker.mockRestore();
  });
  return { engines: () => engine.mock.calls.length, rerankers: () => reranker.mock.calls.length };
}

describe('the reranker of a session', () => {
  it('is opened behind the model, runs in turns, and is closed with the session', async () => {
    const model = await tinyModelWithReranker();
    installBeside(model, askWeightsFile, { ...defaultWeights, reranking });
    const { engines, rerankers } = disposals();
    const { session } = await opened(model);
    const { asking, reranker } = session.tools;
    expect(asking.weights!.reranking).toEqual(reranking);
    // The model is ready before it.
    expect(await asking.reranker!()).toBeUndefined();
    const run = vi.spyOn(session.scheduler, 'run');
    await reranker.get();
    const numbers = await (await asking.reranker!())!.score('opens it', ['a(1)', 'b(2)']);
    expect(numbers).toHaveLength(2);
    expect(run).toHaveBeenCalledTimes(2);
    await session.close();
    expect([engines(), rerankers()]).toEqual([2, 1]);
  });

  it('is closed, too, when the session ends while it is opening', async () => {
    const model = await tinyModelWithReranker();
    installBeside(model, askWeightsFile, { ...defaultWeights, reranking });
    const { engines, rerankers } = disposals();
    const { session } = await opened(model);
    await session.close();
    expect([engines(), rerankers()]).toEqual([2, 1]);
  });

  it('is not even opened for a model to which no weight for it was fitted', async () => {
    const { engines, rerankers } = disposals();
    const { session } = await opened(await tinyModelWithReranker());
    await session.close();
    expect([engines(), rerankers()]).toEqual([1, 0]);
  });

  it('that cannot be used is a warning: the model works without it', async () => {
    const model = await tinyModelWithReranker();
    installBeside(model, askWeightsFile, { ...defaultWeights, reranking });
    await rm(join(model, rerankerFolder, 'weights.bin'));
    const { session, warnings } = await opened(model);
    expect(await session.tools.reranker.get()).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/reranker.*weights\.bin is missing/);
    expect(session.status().phase).toEqual({ kind: 'ready' });
  });

  it('may be missing', async () => {
    const model = await tinyModelWithReranker();
    installBeside(model, askWeightsFile, { ...defaultWeights, reranking });
    await rm(join(model, rerankerFolder), { recursive: true });
    const { session, warnings } = await opened(model);
    expect(await session.tools.reranker.get()).toBeUndefined();
    expect(warnings).toEqual([]);
  });
});
