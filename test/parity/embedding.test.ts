import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, type ModelConfig } from '../../src/engine/config';
import { loadGolden } from '../../src/engine/golden';
import { ModelGraph } from '../../src/engine/graph';
import { advanceExactly } from '../../src/engine/readBlock';
import { GraphSession } from '../../src/engine/session';
import { initialState } from '../../src/engine/state';
import { tinyEmbeddingModelDir as modelDir, tinyModelDir } from '../support/tinyModel';

interface Side {
  tolerance: number;
  embedding: number[][];
}

describe('the embedding of each token against PyTorch', () => {
  let config: ModelConfig;
  const opened: GraphSession[] = [];

  async function open(file: string): Promise<GraphSession> {
    const session = await GraphSession.open(file, 'cpu', 1);
    opened.push(session);
    return session;
  }

  beforeAll(async () => {
    config = await loadConfig(modelDir);
  });
  afterAll(async () => {
    for (const session of opened) await session.release();
  });

  it.each([
    ['float', 'model.gpu.onnx', 1e-4],
    ['int8', 'model.cpu.onnx', 5e-2],
  ] as const)('%s arithmetic agrees, block by block', async (side, file, tolerance) => {
    const path = join(modelDir, 'golden.json');
    const { ids, positions } = await loadGolden(path);
    const expected = (JSON.parse(await readFile(path, 'utf8')) as Record<string, Side>)[side]!.embedding;
    const graph = new ModelGraph(config, await open(join(modelDir, file)));
    const width = config.embeddingWidth;
    expect(width).toBe(32);
    let state = initialState(config);
    let error = 0;
    let compared = 0;
    for (let start = 0; start < ids.length; start += config.blockSize) {
      const block = ids.subarray(start, start + config.blockSize);
      const out = await graph.run({ ids: block, ...state }, { state: true, embedding: true });
      expect(out.embedding.length).toBe(block.length * width);
      positions.forEach((position, row) => {
        if (position < start || position >= start + block.length) return;
        expected[row]!.forEach((value, i) => {
          error = Math.max(error, Math.abs(out.embedding[(position - start) * width + i]! - value));
          compared++;
        });
      });
      if (block.length === config.blockSize) state = advanceExactly(graph, state, block, out);
    }
    expect(compared).toBe(positions.length * width);
    const peak = Math.max(...expected.flat().map(Math.abs));
    expect(peak).toBeGreaterThan(0);
    expect(error / peak).toBeLessThanOrEqual(tolerance);
  });

  it('is empty when it is not wanted', async () => {
    const graph = new ModelGraph(config, await open(join(modelDir, 'model.cpu.onnx')));
    const out = await graph.run({ ids: Uint32Array.of(1, 2, 3), ...initialState(config) }, { logits: true });
    expect(out.embedding).toHaveLength(0);
  });

  it('a graph without it is refused where the configuration promises one, and served where it does not', async () => {
    const plain = await loadConfig(tinyModelDir);
    expect(plain.embeddingWidth).toBe(0);
    const session = await open(join(tinyModelDir, 'model.cpu.onnx'));
    expect(() => new ModelGraph(plain, session)).not.toThrow();
    expect(() => new ModelGraph({ ...plain, embeddingWidth: 32 }, session)).toThrow(/embedding/);
  });
});
