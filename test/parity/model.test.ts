import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/engine/config';
import { loadGolden, type Golden } from '../../src/engine/golden';
import { ModelGraph } from '../../src/engine/graph';
import { prefill } from '../../src/engine/prefill';
import { readBlock } from '../../src/engine/readBlock';
import { selfTest } from '../../src/engine/selftest';
import { GraphSession } from '../../src/engine/session';
import { initialState, type ModelState } from '../../src/engine/state';
import { differences } from '../unit/engine/model';
import { shippedModels } from '../support/shippedModels';
import { tinyModelDir } from '../support/tinyModel';

const models = [['tiny-model', tinyModelDir] as const, ...shippedModels];

/** Reads complete blocks with one graph. */
const read = (graph: ModelGraph, state: ModelState, ids: Uint32Array): Promise<ModelState> =>
  prefill({ config: graph.config, readBlock: (before, block) => readBlock(graph, before, block) }, state, ids);

describe.each(models)('%s against PyTorch', (name, modelDir) => {
  let golden: Golden;
  let float: ModelGraph;
  let int8: ModelGraph;

  beforeAll(async () => {
    const config = await loadConfig(modelDir);
    golden = await loadGolden(join(modelDir, 'golden.json'));
    const open = async (file: string): Promise<ModelGraph> =>
      new ModelGraph(config, await GraphSession.open(join(modelDir, file), 'cpu', 2));
    float = await open('model.gpu.onnx');
    int8 = await open('model.cpu.onnx');
  });
  afterAll(async () => {
    await float.session.release();
    await int8.session.release();
  });

  it('covers the pool, the recent window and a ragged tail', () => {
    const { blockSize } = float.config;
    expect(golden.ids.length).toBeGreaterThan(3 * blockSize);
    expect(golden.ids.length % blockSize).not.toBe(0);
    expect(golden.positions.at(-1)).toBeGreaterThanOrEqual(Math.floor(golden.ids.length / blockSize) * blockSize);
  });

  it('float arithmetic agrees to 1e-4', async () => {
    const { error } = await selfTest(float, golden, { ...golden.float, tolerance: 1e-4 });
    console.log(`${name}: float graph, largest relative error ${error.toExponential(1)}`);
    expect(error).toBeLessThanOrEqual(1e-4);
  });

  it('int8 arithmetic agrees within its tolerance', async () => {
    const { ok, error } = await selfTest(int8, golden, golden.int8);
    console.log(`${name}: int8 graph, largest relative error ${error.toExponential(1)}`);
    expect(ok).toBe(true);
  });

  it.each(['float', 'int8'] as const)('%s reading is bitwise the same in any chunking', async (side) => {
    const graph = side === 'float' ? float : int8;
    const { blockSize } = graph.config;
    const ids = golden.ids.subarray(0, Math.floor(golden.ids.length / blockSize) * blockSize);
    const whole = await read(graph, initialState(graph.config), ids);
    let state = initialState(graph.config);
    for (const cut of [1, 3, ids.length / blockSize]) {
      state = await read(graph, state, ids.subarray(state.position, cut * blockSize));
    }
    expect(differences(state, whole)).toEqual([]);
  });

  it('int8 reading is bitwise the same with one thread and with two', async () => {
    const { config } = int8;
    const single = new ModelGraph(config, await GraphSession.open(join(modelDir, 'model.cpu.onnx'), 'cpu', 1));
    const ids = golden.ids.subarray(0, 4 * config.blockSize);
    const states = [await read(single, initialState(config), ids), await read(int8, initialState(config), ids)];
    await single.session.release();
    expect(differences(states[0]!, states[1]!)).toEqual([]);
  });
});
