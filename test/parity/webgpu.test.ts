import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/common';
import { Engine, prefill } from '../../src/engine';
import { loadConfig } from '../../src/engine/config';
import type { ModelFiles } from '../../src/engine/attempt';
import { loadGolden, type GoldenLogits } from '../../src/engine/golden';
import { chooseProvider } from '../../src/engine/provider';
import { someIds, tinyModel } from '../unit/engine/model';

// WebGPU without a GPU: SwiftShader, a software Vulkan driver in Debian's chromium package. MEMMAMBA_SWIFTSHADER overrides its path.
const driver = process.env['MEMMAMBA_SWIFTSHADER'] ?? '/usr/lib/chromium/libvk_swiftshader.so';
// Debian's package libvulkan1, which chromium does not depend on.
const loader = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libvulkan.so.1`;
const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
const found = (await isThere(driver)) && (await isThere(loader));
if (!found) console.log(`WebGPU tests skipped: there is no software driver at ${driver}, or no ${loader}`);

describe.skipIf(!found)('WebGPU on a software driver', { timeout: 600_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'memmamba-vulkan-'));
    const manifest = join(folder, 'icd.json');
    const icd = { file_format_version: '1.0.0', ICD: { library_path: driver, api_version: '1.0.5' } };
    await writeFile(manifest, JSON.stringify(icd));
    // Read by the Vulkan loader when the first GPU session is made.
    process.env['VK_ICD_FILENAMES'] = manifest;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('passes the self-test, reads like the CPU and decodes', async () => {
    const gpu = await Engine.open({ modelDir: tinyModel, provider: 'webgpu' });
    expect(gpu.report).toMatchObject({ provider: 'webgpu', attempts: [{ provider: 'webgpu', ok: true }] });
    expect(gpu.report.attempts[0]!.selfTestError).toBeLessThan(1e-4);

    const cpu = await Engine.open({ modelDir: tinyModel, provider: 'cpu' });
    const { blockSize } = gpu.config;
    const ids = someIds(gpu, 2 * blockSize + 3);
    const state = await prefill(gpu, gpu.initialState(), ids.subarray(0, 2 * blockSize));
    // A state moves between providers: read on the GPU, continued on the CPU.
    const onCpu = await cpu.decoder(state, ids.subarray(2 * blockSize));
    const onGpu = await gpu.decoder(state, ids.subarray(2 * blockSize));
    const scale = Math.max(...onCpu.logits.map(Math.abs));
    const error = Math.max(...onGpu.logits.map((x, i) => Math.abs(x - onCpu.logits[i]!))) / scale;
    console.log(`WebGPU against int8 on the CPU: largest relative error ${error.toExponential(1)}`);
    expect(error).toBeLessThan(5e-2);
    await gpu.dispose();
    await cpu.dispose();
  });

  describe('in a race', () => {
    /** The model with the first 130 golden tokens only: a software driver takes seconds per block. */
    async function shortFiles(): Promise<ModelFiles> {
      const golden = await loadGolden(join(tinyModel, 'golden.json'));
      const kept = golden.positions.filter((position) => position < 130).length;
      const side = ({ tolerance, maxAbs, logits }: GoldenLogits): GoldenLogits => ({
        tolerance,
        maxAbs: maxAbs.slice(0, kept),
        logits: logits.slice(0, kept),
      });
      return {
        modelDir: tinyModel,
        config: await loadConfig(tinyModel),
        golden: {
          ids: golden.ids.slice(0, 130),
          positions: golden.positions.slice(0, kept),
          vocabSample: golden.vocabSample,
          float: side(golden.float),
          int8: side(golden.int8),
        },
      };
    }
    const options = { provider: 'auto', arithmetic: 'int8', log: silentLogger } as const;

    it('is not chosen when it is slower than the CPU, and the report says so', async () => {
      const { read, decode, report } = await chooseProvider(await shortFiles(), options);
      expect(report).toMatchObject({
        provider: 'cpu',
        decodeProvider: 'cpu',
        attempts: [{ provider: 'webgpu' }, { ok: true }],
      });
      expect(report.attempts[0]!.reason).toMatch(/tokens\/s against|no gain|too slow/);
      expect(read).toBe(decode);
      await read.session.release();
    });

    it('shares the work with the CPU when it reads faster and writes slower', async () => {
      // Rules under which any GPU wins, to test the path of a fast one.
      const race = { patience: Infinity, advantage: 0 };
      const { read, decode, report } = await chooseProvider(await shortFiles(), { ...options, race });
      expect(report).toMatchObject({ provider: 'webgpu', decodeProvider: 'cpu' });
      expect([read.session.provider, decode.session.provider]).toEqual(['webgpu', 'cpu']);
      await read.session.release();
      await decode.session.release();
    });
  });
});
