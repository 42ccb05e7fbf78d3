import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryStore } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';

const key = (i: number): Buffer => createHash('sha256').update(String(i)).digest();
const meta = { label: 'a.ts', position: 128, modelId: 'model' };

/** Mounts a disk of the given size at a new folder; undefined where this user may not. */
async function smallDisk(size: string): Promise<string | undefined> {
  const folder = await temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

describe('MemoryStore on a full disk', () => {
  it('stops keeping states with one warning, and loses none that it has', async (test) => {
    const folder = await smallDisk('6m');
    if (folder === undefined) return test.skip('mounting a small disk needs root');
    const store = await MemoryStore.open(folder);
    const kept = Array.from({ length: 12 }, (_, i) => store.put(key(i), Buffer.alloc(1_000_000, i), meta));
    expect(kept[0]).toBe(true);
    expect(kept.at(-1)).toBe(false);
    expect(store.warnings).toHaveLength(1);
    expect(store.warnings[0]).toMatch(/cannot be written .*will not be stored/);
    expect(store.isPersistent).toBe(false);
    await store.close();

    const again = await MemoryStore.open(folder);
    for (const [i, was] of kept.entries()) {
      expect(again.get(key(i))?.equals(Buffer.alloc(1_000_000, i)), `state ${i}`).toBe(was ? true : undefined);
    }
    await again.close();
  });

  it('does not even begin a store there', async (test) => {
    const folder = await smallDisk('1m');
    if (folder === undefined) return test.skip('mounting a small disk needs root');
    const store = await MemoryStore.open(folder);
    expect(store.mode).toBe('memory');
    expect(store.warnings[0]).toMatch(/is full/);
    await store.close();
  });
});

describe('MemoryStore on a read-only file system', () => {
  it('uses the states that are there and keeps no new ones', async (test) => {
    const folder = await smallDisk('20m');
    if (folder === undefined) return test.skip('mounting a small disk needs root');
    const first = await MemoryStore.open(folder);
    first.put(key(1), Buffer.alloc(1000, 1), meta);
    await first.close();
    execFileSync('mount', ['-o', 'remount,ro', folder]);

    const store = await MemoryStore.open(folder);
    expect(store.mode).toBe('read-only');
    expect(store.warnings).toEqual([
      expect.stringMatching(/is read-only: stored states are used, new ones are not saved/),
    ]);
    expect(store.get(key(1))?.length).toBe(1000);
    expect(store.put(key(2), Buffer.alloc(10), meta)).toBe(false);
    expect(() => store.forget('a.ts')).toThrow(/open for reading only/);
    expect(() => store.clear()).toThrow(expect.objectContaining({ code: 'store-read-only', exitCode: 5 }));
    await store.close();
  });
});
