import { describe, expect, it, vi } from 'vitest';
import { Engine } from '../../../src/engine';
import { tinyModel } from './model';

// The native library of another platform fails exactly like this: when it is loaded.
vi.mock('onnxruntime-node', () => {
  throw new Error('libonnxruntime.so.1: cannot open shared object file: No such file or directory');
});

describe('a machine without the native library', () => {
  it('is told why the engine is unavailable', async () => {
    for (const provider of ['auto', 'cpu', 'webgpu'] as const) {
      await expect(Engine.open({ modelDir: tinyModel, provider })).rejects.toMatchObject({
        code: 'engine-unavailable',
        exitCode: 4,
        message: expect.stringMatching(/^Engine unavailable: /) as string,
      });
    }
  });
});
