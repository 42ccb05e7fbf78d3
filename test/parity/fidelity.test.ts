import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMeasured } from '../../src/common';
import { Engine, type ModelState, type WrittenNotes } from '../../src/engine';
import type { Probe } from '../../src/engine/fidelity/probe';
import { recoverToken, type Recovered } from '../../src/engine/fidelity/representational';
import { LayerMoments } from '../../src/engine/fidelity/vertical';
import { shippedModels } from '../support/shippedModels';
import { tinyModelDir } from '../support/tinyModel';

const models = [['tiny-model', tinyModelDir] as const, ...shippedModels];

interface Golden {
  positions: number[];
  cosine: number[];
  cosine_nothing: number[];
  up: Record<string, { cka: number; explained: number; nats: number }>;
}

/**
 * What PyTorch and numpy computed when the probe was made (memmamba-probe), against the same text read by the engine.
 */
describe.each(models)('the probe of %s against PyTorch', (name, modelDir) => {
  const golden = (JSON.parse(readFileSync(join(modelDir, 'probe.json'), 'utf8')) as { golden: Golden }).golden;
  const all = (JSON.parse(readFileSync(join(modelDir, 'golden.json'), 'utf8')) as { ids: number[] }).ids;

  describe.each(['float', 'int8'] as const)('in %s arithmetic', (arithmetic) => {
    let engine: Engine;
    let probe: Probe;
    let ids: Uint32Array;
    let state: ModelState;
    const blocks: WrittenNotes[] = [];

    beforeAll(async () => {
      engine = await Engine.open({ modelDir, provider: 'cpu', threads: 2, arithmetic });
      const loaded = await engine.probe();
      if (!isMeasured(loaded)) throw new Error(loaded.absent);
      probe = loaded;
      const { blockSize } = engine.config;
      ids = Uint32Array.from(all.slice(0, Math.floor(all.length / blockSize) * blockSize));
      state = engine.initialState();
      for (let start = 0; start < ids.length; start += blockSize) {
        const block = ids.subarray(start, start + blockSize);
        blocks.push(await engine.observe(state, block));
        state = await engine.readBlock(state, block);
      }
    });
    afterAll(() => engine.dispose());

    const recovered = async (): Promise<Recovered[]> => {
      const { blockSize, noteWidth } = engine.config;
      const targets = await probe.targets(golden.positions.map((position) => ids[position]!));
      return golden.positions.map((position, i) => {
        const row = (position % blockSize) * noteWidth;
        const { key } = blocks[Math.floor(position / blockSize)]!;
        const keys = key.map((rows) => rows.subarray(row, row + noteWidth));
        return recoverToken(engine.config, probe, state, keys, targets[i]!);
      });
    };

    it('recovers the same tokens', async () => {
      // The positions include notes that the pool must choose among, and dropped tokens.
      expect(golden.positions.length).toBeGreaterThan(20);
      const found = await recovered();
      const errors = found.map(({ withMemory }, i) => Math.abs(withMemory - golden.cosine[i]!));
      const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
      console.log(`${name}, ${arithmetic}: cosines differ by ${mean.toExponential(1)} on average`);
      // The notes of the engine are rounded to bytes, those of PyTorch are not.
      if (arithmetic === 'float') expect(Math.max(...errors)).toBeLessThan(4e-2);
      expect(mean).toBeLessThan(arithmetic === 'float' ? 1e-2 : 5e-2);
      found.forEach(({ withNothing }, i) => expect(withNothing).toBeCloseTo(golden.cosine_nothing[i]!, 5));
    });

    it('finds the same similarity and information between layers', () => {
      const { noteLayers, noteWidth } = engine.config;
      expect(Object.keys(golden.up)).toEqual(noteLayers.slice(1).map((high, i) => `${noteLayers[i]!}-${high}`));
      Object.values(golden.up).forEach(({ cka, explained, nats }, i) => {
        const moments = new LayerMoments(noteWidth, probe.up[i]);
        for (const { value } of blocks) moments.add(value[i]!, value[i + 1]!);
        const close = arithmetic === 'float' ? 3e-3 : 5e-2;
        const information = moments.information();
        expect(Math.abs(moments.cka() - cka)).toBeLessThan(close);
        expect(Math.abs(information.explained - explained)).toBeLessThan(close);
        expect(Math.abs(information.nats - nats) / Math.abs(nats)).toBeLessThan(close);
      });
    });
  });
});
