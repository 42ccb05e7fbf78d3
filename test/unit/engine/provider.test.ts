import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Engine } from '../../../src/engine';
import { missingGraphicsDriver } from '../../../src/engine/vulkan';
import { tinyModel } from './model';

// The Vulkan loader then finds no driver, whatever this machine has. Read once per process, so this file contains only such
// tests.
process.env['VK_ICD_FILENAMES'] = join(tmpdir(), 'no-such-driver.json');

it.each(['auto', 'webgpu'] as const)('%s without a graphics driver runs on the CPU and says why', async (provider) => {
  const lines: string[] = [];
  const log = {
    debug: () => undefined,
    info: (line: string) => lines.push(line),
    warn: () => undefined,
    error: () => undefined,
  };
  const engine = await Engine.open({ modelDir: tinyModel, provider, threads: 2, log });
  expect(engine.report).toMatchObject({
    provider: 'cpu',
    threads: 2,
    attempts: [
      { provider: 'webgpu', ok: false, reason: 'no graphics adapter was found' },
      { provider: 'cpu', ok: true, reason: expect.stringMatching(/^self-test passed \(error \d/) as string },
    ],
  });
  expect(lines).toEqual([
    'webgpu: not used, no graphics adapter was found',
    expect.stringMatching(/^cpu: self-test passed/),
  ]);
  await engine.dispose();
});

it('cpu does not look for a GPU', async () => {
  const engine = await Engine.open({ modelDir: tinyModel, provider: 'cpu' });
  expect(engine.report.attempts.map((attempt) => attempt.provider)).toEqual(['cpu']);
  await engine.dispose();
});

it('float arithmetic on the CPU is that of the GPU graph', async () => {
  const engine = await Engine.open({ modelDir: tinyModel, provider: 'cpu', arithmetic: 'float' });
  expect(engine.report.attempts[0]!.selfTestError).toBeLessThan(1e-5);
  await engine.dispose();
  await engine.dispose();
});

it('a named driver is tried even if no driver is installed', async () => {
  expect(await missingGraphicsDriver()).toBeUndefined();
});
