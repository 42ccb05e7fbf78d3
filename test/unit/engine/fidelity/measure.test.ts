import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMeasured, type FidelityReport } from '../../../../src/common';
import { Engine, measureFidelity, prefill, type FidelitySource, type ModelState } from '../../../../src/engine';
import { readMemory } from '../../../../src/engine/fidelity/read';
import { recoverToken } from '../../../../src/engine/fidelity/representational';
import { fileEngine } from '../../../support/tinyModel';
import { someIds, withModelCopy } from '../model';

/** Any parsed JSON. */
type Json = ReturnType<typeof JSON.parse>;

const engine = await fileEngine();

/** A text with all its states at hand. */
async function source(of: Engine, length: number): Promise<FidelitySource & { asked: number[] }> {
  const tokens = someIds(of, length);
  const { blockSize } = of.config;
  const states: ModelState[] = [of.initialState()];
  const whole = Math.floor(length / blockSize) * blockSize;
  const state = await prefill(of, states[0]!, tokens.subarray(0, whole), { onBlock: (s) => void states.push(s) });
  const asked: number[] = [];
  const stateAt = (index: number): Promise<ModelState> => {
    asked.push(index);
    return Promise.resolve(states[Math.floor(index / blockSize)]!);
  };
  return { tokens, headerTokens: 4, state, stateAt, asked };
}

describe('measuring a text', () => {
  let text: Awaited<ReturnType<typeof source>>;
  let report: FidelityReport;
  const progress: [number, number][] = [];

  beforeAll(async () => {
    text = await source(engine, 40 * 128 + 17);
    report = await measureFidelity(engine, text, { samples: 48, onProgress: (...step) => void progress.push(step) });
  });

  it('gives every figure, in its bounds, and says how many tokens are after it', () => {
    const { representational, functional, vertical, samples } = report;
    if (!isMeasured(representational) || !isMeasured(functional) || !isMeasured(vertical)) throw new Error('a gap');
    expect(samples.length).toBeGreaterThanOrEqual(48);
    expect(functional.score.count).toBe(samples.length);
    for (const { score } of [representational, functional]) {
      expect(score.low).toBeLessThanOrEqual(score.mean);
      expect(score.high).toBeGreaterThanOrEqual(score.mean);
    }
    expect(functional.withMemory).toBeGreaterThan(0);
    expect(functional.withMemory).toBeLessThanOrEqual(1);
    expect(vertical.pairs.map(({ from, to }) => [from, to])).toEqual([[1, 3]]);
    for (const { cka, tokens, probe } of vertical.pairs) {
      expect(cka).toBeGreaterThan(0);
      expect(cka).toBeLessThanOrEqual(1);
      expect(tokens % 128).toBe(0);
      if (!isMeasured(probe)) throw new Error('a gap');
      expect(probe.bits).toBeGreaterThan(0);
      expect(probe.share).toBeCloseTo(1 - 2 ** ((-2 * probe.bits) / engine.config.noteWidth), 9);
    }
    const mean = samples.reduce((sum, one) => sum + one.functional, 0) / samples.length;
    expect(functional.score.mean).toBeCloseTo(mean, 9);
  });

  it('bins every sample by its distance once, from near to far', () => {
    expect(report.curve.reduce((sum, bin) => sum + bin.count, 0)).toBe(report.samples.length);
    report.curve.forEach((bin, i) => {
      expect(bin.from).toBeLessThan(bin.to);
      if (i > 0) expect(bin.from).toBeGreaterThanOrEqual(report.curve[i - 1]!.to);
      const inside = report.samples.filter(({ distance }) => distance >= bin.from && distance < bin.to);
      expect(inside).toHaveLength(bin.count);
      expect(bin.held).toBeCloseTo(inside.filter((one) => one.heldBy.length > 0).length / bin.count, 12);
    });
  });

  it('tells which layers hold a token', () => {
    const { state } = text;
    for (const { position, heldBy } of report.samples) {
      const expected = engine.config.noteLayers.filter(
        (_, j) =>
          position >= state.position - 128 ||
          Array.from(state.pools[j]!.positions.subarray(0, state.pools[j]!.count)).includes(position),
      );
      expect(heldBy).toEqual(expected);
    }
  });

  it('is plain JSON and repeats exactly for the same seed', async () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(await measureFidelity(engine, text, { samples: 48 })).toEqual(report);
    const other = await measureFidelity(engine, text, { samples: 48, seed: 2 });
    expect(other.samples).not.toEqual(report.samples);
  });

  it('reads a bounded number of blocks, one state each, and tells how far it is', () => {
    expect(new Set(text.asked).size).toBeLessThanOrEqual(2 * 24);
    expect(progress.map(([done]) => done)).toEqual(progress.map((_, i) => i + 1));
    expect(progress.at(-1)).toEqual([progress.length, progress.length]);
  });

  it('ends between two steps when it is cancelled, with the reason', async () => {
    for (const after of [1, 30]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      let steps = 0;
      const run = measureFidelity(engine, text, {
        samples: 48,
        signal: controller.signal,
        onProgress: () => {
          if (++steps === after) controller.abort(reason);
        },
      });
      await expect(run).rejects.toBe(reason);
      expect(steps).toBe(after);
    }
  });
});

it('a text shorter than a block has figures for nothing, and says why', async () => {
  const report = await measureFidelity(engine, await source(engine, 100));
  for (const figure of [report.representational, report.functional, report.vertical]) {
    expect(figure).toEqual({ absent: 'short-text' });
  }
  expect(report.samples).toEqual([]);
  expect(report.curve).toEqual([]);
});

it('a text of a million tokens costs no more than a short one', async () => {
  const { blockSize } = engine.config;
  const tokens = someIds(engine, 1_000_000);
  const readTokens = Math.floor(tokens.length / blockSize) * blockSize;
  const near = await prefill(engine, engine.initialState(), tokens.subarray(0, 4 * blockSize));
  let asked = 0;
  const report = await measureFidelity(
    engine,
    {
      tokens,
      headerTokens: 4,
      state: { ...near, position: readTokens },
      checkpoints: [65_536, 524_288, 917_504, readTokens],
      stateAt: () => {
        asked++;
        return Promise.resolve(near);
      },
    },
    { samples: 24 },
  );
  expect(asked).toBeLessThanOrEqual(24);
  expect(report.samples).toHaveLength(asked);
  expect(report.curve.map(({ from }) => from)).toEqual([0, 256, 1024, 4096, 16_384, 65_536, 262_144]);
});

it('an empty memory gives the baseline', async () => {
  const probe = await engine.probe();
  if (!isMeasured(probe)) throw new Error(probe.absent);
  const [target] = await probe.targets([300]);
  const notes = await engine.observe(engine.initialState(), someIds(engine, 128));
  const keys = notes.key.map((rows) => rows.subarray(0, engine.config.noteWidth));
  const { withMemory, withNothing } = recoverToken(engine.config, probe, engine.initialState(), keys, target!);
  expect(withMemory).toBeCloseTo(withNothing, 12);
});

it('a token whose key is found is read back whole', async () => {
  const { config } = engine;
  const probe = await engine.probe();
  if (!isMeasured(probe)) throw new Error(probe.absent);
  const state = await prefill(engine, engine.initialState(), someIds(engine, 128));
  const first = await engine.observe(engine.initialState(), someIds(engine, 128));
  // A gain that looks so sharply that nothing else is seen.
  const head = { ...probe.heads[0]!, gain: new Float32Array(config.noteHeads).fill(100) };
  const row = [5 * config.noteWidth, 6 * config.noteWidth] as const;
  const read = readMemory(config, state, 0, head, first.key[0]!.slice(...row));
  // The notes of a state are rounded to bytes.
  first.value[0]!.slice(...row).forEach((value, i) => expect(read[i]).toBeCloseTo(value, 2));
});

it("embedding directions have length 1 and are the model's", async () => {
  const probe = await engine.probe();
  if (!isMeasured(probe)) throw new Error(probe.absent);
  const targets = await probe.targets([20, 21, 20]);
  for (const target of targets) expect(Math.hypot(...target)).toBeCloseTo(1, 5);
  expect(targets[2]).toEqual(targets[0]);
  expect(targets[1]).not.toEqual(targets[0]);
});

describe('a model without a fitting probe', () => {
  const edited = async (modelDir: string, file: string, change: (json: Json) => void): Promise<void> => {
    const path = join(modelDir, file);
    const json = JSON.parse(await readFile(path, 'utf8'));
    change(json);
    await writeFile(path, JSON.stringify(json));
    if (file === 'manifest.json') return;
    const { createHash } = await import('node:crypto');
    const bytes = await readFile(path);
    await edited(modelDir, 'manifest.json', (manifest) => {
      manifest.files[file] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    });
  };
  const measure = async (modelDir: string): Promise<{ report: FidelityReport; modelId: string }> => {
    const own = await Engine.open({ modelDir, provider: 'cpu', threads: 1 });
    try {
      return { report: await measureFidelity(own, await source(own, 6 * 128), { samples: 8 }), modelId: own.modelId };
    } finally {
      await own.dispose();
    }
  };

  it('measures what needs none and says what is missing', () =>
    withModelCopy(async (modelDir) => {
      await edited(modelDir, 'manifest.json', ({ files }) => {
        delete files['probe.json'];
        delete files['probe.bin'];
      });
      await rm(join(modelDir, 'probe.bin'));
      const { report, modelId } = await measure(modelDir);
      expect(report.representational).toEqual({ absent: 'no-probe' });
      expect(isMeasured(report.functional)).toBe(true);
      expect(isMeasured(report.vertical) && report.vertical.pairs[0]!.probe).toEqual({ absent: 'no-probe' });
      expect(report.curve[0]).not.toHaveProperty('representational');
      expect(report.worth).toEqual({});
      // The probe decides nothing that the model computes: states stay valid with another one or none.
      expect(modelId).toBe(engine.modelId);
    }));

  it('of other weights does not use it', () =>
    withModelCopy(async (modelDir) => {
      await edited(modelDir, 'probe.json', (probe) => (probe.weights_sha256 = '0'.repeat(64)));
      expect((await measure(modelDir)).report.representational).toEqual({ absent: 'stale-probe' });
    }));

  it('of other shapes, or one that leads elsewhere, is refused by name', () =>
    withModelCopy(async (modelDir) => {
      const own = await readFile(join(modelDir, 'probe.json'), 'utf8');
      for (const change of [
        (probe: Json) => (probe.tensors['recover.weight'].shape = [2, 2]),
        (probe: Json) => (probe.tensors['recover.bias'].offset = 1e9),
        (probe: Json) => (probe.embedding.values.file = '../secret'),
        (probe: Json) => delete probe.worth,
      ]) {
        await writeFile(join(modelDir, 'probe.json'), own);
        await edited(modelDir, 'probe.json', change);
        await expect(measure(modelDir)).rejects.toMatchObject({
          code: 'model-file-invalid',
          message: expect.stringContaining('probe.json'),
        });
      }
    }));

  it('labels a metric by its measured correlation, whatever the file says', () =>
    withModelCopy(async (modelDir) => {
      await edited(modelDir, 'probe.json', (probe) => {
        probe.worth = {
          functional: { rho: 0.81, low: 0.75, high: 0.86, cases: 240 },
          representational: { rho: 0.4, low: 0.3, high: 0.5, cases: 240, predicts: true },
        };
      });
      const { worth } = (await measure(modelDir)).report;
      expect(worth.functional).toEqual({ rho: 0.81, low: 0.75, high: 0.86, cases: 240, predicts: true });
      expect(worth.representational?.predicts).toBe(false);
    }));
});
