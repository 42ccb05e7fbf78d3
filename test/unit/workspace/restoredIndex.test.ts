import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryStore, type ReadText } from '../../../src/memory';
import { EngineTasks, Reader, Scheduler, Workspace } from '../../../src/workspace';
import { temporaryFolder } from '../../support/folder';
import { fileEngine, tinyEmbeddingModelDir } from '../../support/tinyModel';

const engine = await fileEngine(tinyEmbeddingModelDir);
const lines = (count: number): string =>
  Array.from({ length: count }, (_, i) => `export const value${i} = ${i * i};\n`).join('');

/** Reads a folder as a process that starts does. @returns what was read of each file, and the blocks that the model read for it */
async function start(folder: string, cache: string): Promise<{ read: Map<string, ReadText>; blocks: number }> {
  const store = await MemoryStore.open(cache);
  const scheduler = new Scheduler();
  const workspace = new Workspace(() => 1e6);
  const tasks = new EngineTasks(engine, scheduler);
  const reader = new Reader({ workspace, tasks, store, readsWorkspace: () => true });
  const read = new Map<string, ReadText>();
  workspace.observe({ onRead: ({ name }, text) => void read.set(name, text) });
  workspace.observe(reader);
  const blocks = vi.spyOn(engine, 'readBlock');
  const embeds = vi.spyOn(engine, 'embed');
  workspace.setRoots([folder]);
  await workspace.explore();
  await vi.waitFor(
    () => expect([...workspace.files.values()].every(({ state }) => state.kind === 'fresh')).toBe(true),
    {
      timeout: 60_000,
    },
  );
  const runs = blocks.mock.calls.length + embeds.mock.calls.length;
  blocks.mockRestore();
  embeds.mockRestore();
  await reader.close();
  await scheduler.close();
  await store.close();
  return { read, blocks: runs };
}

describe('starting again', () => {
  it('reads nothing twice: short files without a state, long ones, and a version that comes back', async () => {
    const folder = await temporaryFolder();
    const cache = await temporaryFolder();
    onTestFinished(() => void vi.restoreAllMocks());
    await writeFile(join(folder, 'short.ts'), lines(5));
    await writeFile(join(folder, 'long.ts'), lines(260));
    const first = await start(folder, cache);
    expect(first.blocks).toBeGreaterThan(16);

    const again = await start(folder, cache);
    expect(again.blocks).toBe(0);
    for (const name of ['short.ts', 'long.ts']) {
      const [one, other] = [first.read.get(name)!, again.read.get(name)!];
      expect(other.tokens).toEqual(one.tokens);
      const [a, b] = [one, other].map(({ embeddings }) => {
        const sum = new Float64Array(embeddings!.width);
        embeddings!.sum(0, 1e6, sum);
        return [...sum];
      });
      expect(b).toEqual(a);
    }

    await writeFile(join(folder, 'short.ts'), lines(6));
    expect((await start(folder, cache)).blocks).toBeGreaterThan(0);
    await writeFile(join(folder, 'short.ts'), lines(5));
    expect((await start(folder, cache)).blocks).toBe(0);
  });
});
