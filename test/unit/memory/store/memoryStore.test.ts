import { execFileSync, fork } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryStore, type MemoryStoreOptions } from '../../../../src/memory';
import { temporaryFolder } from '../../../support/folder';
import { asOrdinaryUser } from '../../../support/user';

const key = (name: string): Buffer => createHash('sha256').update(name).digest();
const blob = (size: number, fill = 7): Buffer => Buffer.alloc(size, fill);
const meta = (label: string): { label: string; position: number; modelId: string } => ({
  label,
  position: 128,
  modelId: 'model',
});

async function open(folder: string, options?: MemoryStoreOptions): Promise<MemoryStore> {
  const store = await MemoryStore.open(folder, options);
  onTestFinished(() => store.close());
  return store;
}

/** A folder with a store in it that holds `count` states of 100 kB. */
async function filledFolder(count: number): Promise<string> {
  const folder = await temporaryFolder();
  const store = await MemoryStore.open(folder);
  for (let i = 0; i < count; i++) store.put(key(`k${i}`), blob(100_000), meta('a.ts'));
  await store.close();
  return folder;
}

describe('MemoryStore', () => {
  it('gives back what was put, also after closing', async () => {
    const folder = await filledFolder(3);
    const store = await open(folder);
    expect(store.warnings).toEqual([]);
    expect(store.isPersistent).toBe(true);
    expect(store.get(key('k1'))?.equals(blob(100_000))).toBe(true);
    expect(store.get(key('other'))).toBeUndefined();
    expect(store.stats()).toMatchObject({
      mode: 'disk',
      states: 3,
      bytes: 300_000,
      documents: 1,
      models: [{ modelId: 'model', states: 3, bytes: 300_000 }],
    });
  });

  it('drops the states unused for longest when the quota is reached', async () => {
    const folder = await temporaryFolder();
    const store = await open(folder, { quotaBytes: 1000 });
    for (const name of ['a', 'b', 'c']) {
      store.put(key(name), blob(300), meta(name));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    store.get(key('a'));
    store.put(key('d'), blob(300), meta('d'));
    expect(['a', 'b', 'c', 'd'].map((name) => store.has(key(name)))).toEqual([true, false, true, true]);
    expect(store.stats().bytes).toBeLessThanOrEqual(1000);
  });

  it('does not keep a state that is larger than the quota, and says so', async () => {
    const store = await open(await temporaryFolder(), { quotaBytes: 1000 });
    store.put(key('small'), blob(900), meta('a'));
    expect(store.isPersistent).toBe(true);
    expect(store.put(key('large'), blob(1001), meta('a'))).toBe(false);
    expect(store.put(key('large'), blob(1001), meta('a'))).toBe(false);
    expect(store.isPersistent).toBe(false);
    expect(store.warnings).toHaveLength(1);
    expect(store.has(key('small'))).toBe(true);
    expect(store.warnings[0]).toMatch(/1001 bytes, more than the quota/);
  });

  it('forgets a document but keeps states that another one shares', async () => {
    const store = await open(await temporaryFolder());
    store.put(key('shared'), blob(10), meta('a.ts'));
    store.put(key('shared'), blob(10), meta('b.ts'));
    store.put(key('own'), blob(10), meta('a.ts'));
    expect(store.forget('a.ts')).toBe(1);
    expect(store.has(key('shared'))).toBe(true);
    expect(store.has(key('own'))).toBe(false);
    expect(store.isOnlyUsedBy(key('shared'), 'b.ts')).toBe(true);
    expect(store.clear()).toBe(1);
    expect(store.stats()).toMatchObject({ states: 0, bytes: 0, documents: 0 });
  });

  it('counts a reading as a use by that document', async () => {
    const folder = await filledFolder(1);
    const first = await MemoryStore.open(folder);
    first.get(key('k0'), 'copy.ts');
    await first.close();
    const store = await open(folder);
    expect(store.isOnlyUsedBy(key('k0'), 'a.ts')).toBe(false);
    expect(store.forget('a.ts')).toBe(0);
  });

  it('is shared by two processes', async () => {
    const folder = await temporaryFolder();
    const store = await open(folder);
    store.put(key('from parent'), blob(1000), meta('a.ts'));
    const script = join(folder, 'child.cjs');
    await writeFile(
      script,
      `const { open } = require(${JSON.stringify(require.resolve('lmdb'))});
       const root = open({ path: ${JSON.stringify(join(folder, 'store-3'))}, mapSize: 64 * 2 ** 30, maxDbs: 4, noMemInit: true });
       const states = root.openDB('states', { encoding: 'binary', keyEncoding: 'binary' });
       const entries = root.openDB('entries', { encoding: 'json', keyEncoding: 'binary' });
       process.on('message', ({ see, put }) => {
         const seen = states.getBinary(Buffer.from(see, 'hex'))?.length;
         root.transactionSync(() => {
           states.putSync(Buffer.from(put, 'hex'), Buffer.alloc(500));
           entries.putSync(Buffer.from(put, 'hex'), { bytes: 500, lastUsed: Date.now(), labels: ['b.ts'], position: 128, modelId: 'model' });
         });
         process.send(seen);
       });`,
    );
    const child = fork(script);
    onTestFinished(() => void child.kill());
    const seen = new Promise((resolve) => child.once('message', resolve));
    child.send({ see: key('from parent').toString('hex'), put: key('from child').toString('hex') });
    expect(await seen).toBe(1000);
    expect(store.get(key('from child'))?.length).toBe(500);
    store.put(key('later'), blob(1), meta('c.ts'));
    expect(store.stats()).toMatchObject({ states: 3, bytes: 1501, documents: 3 });
  });
});

describe('MemoryStore in trouble', () => {
  const damages: [string, (file: string) => Promise<void>][] = [
    ['overwritten', (file) => writeFile(file, Buffer.alloc(500_000, 0x5a))],
    ['truncated', (file) => truncate(file, 20_000)],
    ['truncated within the first page', (file) => truncate(file, 100)],
    ['zeroed', (file) => writeFile(file, Buffer.alloc(100_000))],
  ];

  it.each(damages)('sets a store aside that was %s, and begins a new one', async (_, hurt) => {
    const folder = await filledFolder(4);
    await hurt(join(folder, 'store-3', 'data.mdb'));
    const store = await open(folder);
    expect(store.mode).toBe('disk');
    expect(store.warnings).toHaveLength(1);
    expect(store.warnings[0]).toMatch(/was damaged .* it was set aside as .*store-3\.corrupt-/);
    expect(store.has(key('k0'))).toBe(false);
    expect(store.put(key('new'), blob(10), meta('a'))).toBe(true);
    const aside = (await readdir(folder)).filter((name) => name.startsWith('store-3.corrupt-'));
    expect(aside).toHaveLength(1);
    expect(await readdir(join(folder, aside[0]!))).toContain('data.mdb');
  });

  it('leaves a file alone that another process is beginning just now', async () => {
    const folder = await filledFolder(3);
    const file = join(folder, 'store-3', 'data.mdb');
    const whole = await readFile(file);
    await truncate(file, 5000);
    const opening = open(folder);
    await pause(150);
    await writeFile(file, whole);
    const store = await opening;
    expect(store.warnings).toEqual([]);
    expect(store.get(key('k1'))).toEqual(blob(100_000));
    expect(await readdir(folder)).toEqual(['store-3']);
  });

  it('stops using a file with damage inside, and sets it aside the next time', async () => {
    const folder = await filledFolder(3);
    execFileSync(process.execPath, [
      '-e',
      `const root = require(${JSON.stringify(require.resolve('lmdb'))}).open({ path: ${JSON.stringify(join(folder, 'store-3'))}, maxDbs: 4 });
       const entries = root.openDB('entries', { encoding: 'binary', keyEncoding: 'binary' });
       entries.putSync(Buffer.from('${key('k1').toString('hex')}', 'hex'), Buffer.from('{"bytes": 1 overwritten'));`,
    ]);
    const store = await MemoryStore.open(folder);
    expect(store.stats().states).toBe(0);
    expect(store.warnings).toEqual([expect.stringMatching(/is damaged .*the next run will set it aside/)]);
    expect(store.put(key('new'), blob(10), meta('a'))).toBe(false);
    expect(store.get(key('k0'))).toBeUndefined();
    await store.close();

    const next = await open(folder);
    expect(next.warnings).toEqual([expect.stringMatching(/was damaged \(found in an earlier run\); it was set aside/)]);
    expect(next.put(key('new'), blob(10), meta('a'))).toBe(true);
  });

  it('looks through the file after a crash, keeps it when it is whole, and sets it aside when looking fails', async () => {
    const folder = await filledFolder(3);
    const mark = join(folder, 'store-3', 'open-999999999');
    await writeFile(mark, '');
    const whole = await MemoryStore.open(folder);
    expect(whole.warnings).toEqual([]);
    expect(whole.has(key('k2'))).toBe(true);
    expect(await readdir(join(folder, 'store-3'))).toContain(`open-${process.pid}`);
    await whole.close();
    expect((await readdir(join(folder, 'store-3'))).sort()).toEqual(['data.mdb', 'lock.mdb']);

    await writeFile(mark, '');
    const file = join(folder, 'store-3', 'data.mdb');
    const bytes = await readFile(file);
    // The meta pages stay, every tree below them is gone.
    await writeFile(file, bytes.fill(0x5a, 2 * 4096));
    const store = await open(folder);
    expect(store.warnings).toEqual([expect.stringMatching(/was damaged \(checking it ended with/)]);
    expect(store.put(key('new'), blob(10), meta('a'))).toBe(true);
  });

  it('begins anew in an empty file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'store-3'));
    await writeFile(join(folder, 'store-3', 'data.mdb'), '');
    const store = await open(folder);
    expect(store.put(key('a'), blob(10), meta('a'))).toBe(true);
    expect(store.warnings).toEqual([]);
  });

  it('leaves a store of a newer version alone', async () => {
    const folder = await filledFolder(1);
    execFileSync(process.execPath, [
      '-e',
      `const root = require(${JSON.stringify(require.resolve('lmdb'))}).open({ path: ${JSON.stringify(join(folder, 'store-3'))}, maxDbs: 4 });
       root.openDB('about', { encoding: 'json' }).putSync('format', 99);`,
    ]);
    const before = await readFile(join(folder, 'store-3', 'data.mdb'));
    const store = await open(folder);
    expect(store.mode).toBe('memory');
    expect(store.warnings[0]).toMatch(/newer version of MemMamba and is left alone/);
    expect(store.put(key('a'), blob(10), meta('a'))).toBe(true);
    expect((await readFile(join(folder, 'store-3', 'data.mdb'))).equals(before)).toBe(true);
  });

  it('goes on in memory where another user owns the store', async () => {
    const folder = await filledFolder(2);
    for (const path of [folder, join(folder, 'store-3')]) await chmod(path, 0o555);
    for (const name of ['data.mdb', 'lock.mdb']) await chmod(join(folder, 'store-3', name), 0o444);
    await asOrdinaryUser(async () => {
      const store = await MemoryStore.open(folder);
      expect(store.mode).toBe('memory');
      expect(store.warnings[0]).toMatch(/cannot be opened \(Permission denied.*will be lost/);
      await store.close();
    });
    expect((await open(folder)).has(key('k1'))).toBe(true);
  });

  it('goes on in memory where the folder cannot be created or written', async () => {
    const parent = await temporaryFolder();
    await writeFile(join(parent, 'file'), '');
    await chmod(parent, 0o555);
    for (const folder of [join(parent, 'file', 'cache'), join(parent, 'new')]) {
      await asOrdinaryUser(async () => {
        const store = await MemoryStore.open(folder);
        expect(store.mode).toBe('memory');
        expect(store.isPersistent).toBe(false);
        expect(store.warnings[0]).toMatch(/will be lost when this process ends/);
        expect(store.put(key('a'), blob(10), meta('a'))).toBe(true);
        expect(store.get(key('a'))).toEqual(blob(10));
        await store.close();
      });
    }
    await chmod(parent, 0o755);
  });
});
